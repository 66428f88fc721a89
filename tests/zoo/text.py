"""Text: encoders, decoders, mixtures of experts, encoder-decoders."""

from __future__ import annotations

from typing import Any

from .case import Case, Sizes, pretrained

WORDS: Sizes = {"vocab_size": 100, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1}
WORDS |= {"eos_token_id": 2}
SMALL: Sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
GROUPED: Sizes = {**WORDS, **SMALL, "num_attention_heads": 4, "num_key_value_heads": 2}
SEQ: Sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
SEQ |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2, **WORDS, "decoder_start_token_id": 2}
OPENAI: Sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64, "vocab_size": 100}
OPENAI |= {"bos_token_id": 1, "eos_token_id": 2}
EXPERTS: Sizes = {**GROUPED, "num_experts_per_tok": 2}


def _encoder(name: str, model: str, config: str, **sizes: Any) -> Case:
    return pretrained(name, "text encoder", model, config, {**WORDS, **SMALL, **sizes})


def _decoder(name: str, model: str, config: str, **sizes: Any) -> Case:
    return pretrained(name, "text decoder", model, config, {**GROUPED, **sizes})


def _experts(name: str, model: str, config: str, **sizes: Any) -> Case:
    return pretrained(name, "mixture of experts", model, config, {**EXPERTS, **sizes})


def _seq2seq(name: str, model: str, config: str, **sizes: Any) -> Case:
    return pretrained(name, "text to text", model, config, {**SEQ, **sizes})


T5: Sizes = {"vocab_size": 100, "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2}
T5 |= {"decoder_start_token_id": 0}
ENCODERS = [
    _encoder("BERT", "BertModel", "BertConfig"),
    _encoder("BERT, masked words", "BertForMaskedLM", "BertConfig"),
    _encoder("BERT, eager attention", "BertModel", "BertConfig", attn_implementation="eager"),
    _encoder("RoBERTa", "RobertaModel", "RobertaConfig"),
    pretrained(
        "DistilBERT",
        "text encoder",
        "DistilBertModel",
        "DistilBertConfig",
        {"vocab_size": 100, "dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "max_position_embeddings": 64},
    ),
    _encoder("ALBERT", "AlbertModel", "AlbertConfig", embedding_size=16, num_hidden_layers=3),
    _encoder("ELECTRA", "ElectraModel", "ElectraConfig", embedding_size=16),
    _encoder(
        "DeBERTa-v2",
        "DebertaV2Model",
        "DebertaV2Config",
        relative_attention=True,
        pos_att_type=["c2p", "p2c"],
        position_buckets=16,
    ),
    _encoder("MPNet", "MPNetModel", "MPNetConfig"),
    _encoder("FNet", "FNetModel", "FNetConfig"),
    _encoder("ModernBERT", "ModernBertModel", "ModernBertConfig", cls_token_id=1, sep_token_id=2, local_attention=8),
    _encoder("RoFormer", "RoFormerModel", "RoFormerConfig"),
    _encoder("ConvBERT", "ConvBertModel", "ConvBertConfig", embedding_size=32, num_attention_heads=4),
    _encoder("MobileBERT", "MobileBertModel", "MobileBertConfig", embedding_size=16, intra_bottleneck_size=16),
    _encoder("SqueezeBERT", "SqueezeBertModel", "SqueezeBertConfig", embedding_size=32),
    pretrained(
        "Funnel",
        "text encoder",
        "FunnelModel",
        "FunnelConfig",
        {
            "vocab_size": 100,
            "block_sizes": [1, 1],
            "d_model": 32,
            "n_head": 2,
            "d_head": 16,
            "d_inner": 64,
            "num_decoder_layers": 1,
        },
    ),
    pretrained("T5 encoder", "text encoder", "T5EncoderModel", "T5Config", T5),
]
DECODERS = [
    pretrained("GPT-2", "text decoder", "GPT2LMHeadModel", "GPT2Config", OPENAI),
    pretrained(
        "GPT-Neo",
        "text decoder",
        "GPTNeoForCausalLM",
        "GPTNeoConfig",
        {
            **WORDS,
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 2,
            "attention_types": [[["global", "local"], 1]],
            "window_size": 4,
        },
    ),
    _decoder("GPT-NeoX", "GPTNeoXForCausalLM", "GPTNeoXConfig"),
    pretrained("GPT-J", "text decoder", "GPTJForCausalLM", "GPTJConfig", {**OPENAI, "rotary_dim": 8}),
    _decoder("OPT", "OPTForCausalLM", "OPTConfig", ffn_dim=64, word_embed_proj_dim=32),
    pretrained(
        "BLOOM",
        "text decoder",
        "BloomForCausalLM",
        "BloomConfig",
        {**WORDS, "hidden_size": 32, "n_layer": 2, "n_head": 2},
    ),
    _decoder("Llama", "LlamaForCausalLM", "LlamaConfig"),
    _decoder("Mistral", "MistralForCausalLM", "MistralConfig", sliding_window=4),
    _decoder("Qwen2", "Qwen2ForCausalLM", "Qwen2Config"),
    _decoder("Qwen3", "Qwen3ForCausalLM", "Qwen3Config", head_dim=8),
    _decoder("Gemma 2", "Gemma2ForCausalLM", "Gemma2Config", head_dim=8, sliding_window=4),
    _decoder("Gemma 3", "Gemma3ForCausalLM", "Gemma3TextConfig", head_dim=8, sliding_window=4),
    _decoder("Phi", "PhiForCausalLM", "PhiConfig"),
    _decoder("Phi-3", "Phi3ForCausalLM", "Phi3Config"),
    _decoder("StableLM", "StableLmForCausalLM", "StableLmConfig"),
    _decoder("Falcon", "FalconForCausalLM", "FalconConfig"),
    _decoder("Cohere", "CohereForCausalLM", "CohereConfig"),
    _decoder("OLMo 2", "Olmo2ForCausalLM", "Olmo2Config"),
    pretrained(
        "Mamba",
        "text decoder",
        "MambaForCausalLM",
        "MambaConfig",
        {**WORDS, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 4},
    ),
    pretrained(
        "RWKV",
        "text decoder",
        "RwkvForCausalLM",
        "RwkvConfig",
        {
            "vocab_size": 100,
            "context_length": 64,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "attention_hidden_size": 32,
        },
    ),
]
MIXTURES = [
    _experts("Mixtral", "MixtralForCausalLM", "MixtralConfig", num_local_experts=4),
    _experts(
        "Qwen2-MoE",
        "Qwen2MoeForCausalLM",
        "Qwen2MoeConfig",
        num_experts=4,
        moe_intermediate_size=32,
        shared_expert_intermediate_size=32,
    ),
    _experts("OLMoE", "OlmoeForCausalLM", "OlmoeConfig", num_experts=4),
    _experts("Granite-MoE", "GraniteMoeForCausalLM", "GraniteMoeConfig", num_local_experts=4),
    _experts("GPT-OSS", "GptOssForCausalLM", "GptOssConfig", num_local_experts=4, head_dim=8, sliding_window=4),
    _experts(
        "DeepSeek-V3",
        "DeepseekV3ForCausalLM",
        "DeepseekV3Config",
        num_key_value_heads=4,
        n_routed_experts=4,
        moe_intermediate_size=32,
        kv_lora_rank=16,
        q_lora_rank=16,
        qk_rope_head_dim=8,
        qk_nope_head_dim=8,
        v_head_dim=8,
        n_group=2,
        topk_group=1,
        first_k_dense_replace=1,
    ),
]
SEQUENCES = [
    pretrained("T5", "text to text", "T5ForConditionalGeneration", "T5Config", T5),
    _seq2seq("BART", "BartModel", "BartConfig"),
    _seq2seq("mBART", "MBartForConditionalGeneration", "MBartConfig"),
    _seq2seq("Marian", "MarianMTModel", "MarianConfig"),
    _seq2seq("Pegasus", "PegasusForConditionalGeneration", "PegasusConfig"),
    _seq2seq("M2M-100", "M2M100ForConditionalGeneration", "M2M100Config"),
    _seq2seq("Blenderbot", "BlenderbotSmallForConditionalGeneration", "BlenderbotSmallConfig"),
    _seq2seq(
        "LED",
        "LEDModel",
        "LEDConfig",
        max_encoder_position_embeddings=64,
        max_decoder_position_embeddings=64,
        attention_window=4,
    ),
    pretrained(
        "ProphetNet",
        "text to text",
        "ProphetNetModel",
        "ProphetNetConfig",
        {
            **WORDS,
            "hidden_size": 32,
            "encoder_ffn_dim": 64,
            "num_encoder_layers": 2,
            "num_encoder_attention_heads": 2,
            "decoder_ffn_dim": 64,
            "num_decoder_layers": 2,
            "num_decoder_attention_heads": 2,
        },
    ),
]
CASES = [*ENCODERS, *DECODERS, *MIXTURES, *SEQUENCES]
