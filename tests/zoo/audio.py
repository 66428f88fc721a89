"""Sound: encoders of waveforms and of spectrograms, speech to text, codecs."""

from __future__ import annotations

from typing import Any

from .case import Case, Sizes, pretrained
from .text import SEQ, SMALL

WAVES: Sizes = {**SMALL, "conv_dim": [16, 16, 16], "conv_kernel": [10, 3, 3], "conv_stride": [5, 2, 2]}
WAVES |= {"num_feat_extract_layers": 3, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2}
WAVES |= {"vocab_size": 40}


def _audio(name: str, model: str, config: str, **sizes: Any) -> Case:
    return pretrained(name, "audio", model, config, sizes)


CASES = [
    _audio("Wav2Vec2", "Wav2Vec2Model", "Wav2Vec2Config", **WAVES),
    _audio("Wav2Vec2, CTC", "Wav2Vec2ForCTC", "Wav2Vec2Config", **WAVES),
    _audio("HuBERT", "HubertModel", "HubertConfig", **WAVES),
    _audio("WavLM", "WavLMModel", "WavLMConfig", **WAVES, num_buckets=16, max_bucket_distance=32),
    _audio("UniSpeech", "UniSpeechModel", "UniSpeechConfig", **WAVES),
    _audio("SEW", "SEWModel", "SEWConfig", **WAVES),
    _audio(
        "Wav2Vec2-BERT",
        "Wav2Vec2BertModel",
        "Wav2Vec2BertConfig",
        **SMALL,
        feature_projection_input_dim=20,
        conv_depthwise_kernel_size=7,
    ),
    _audio("AST", "ASTModel", "ASTConfig", **SMALL, max_length=40, num_mel_bins=24, patch_size=8),
    _audio(
        "Whisper",
        "WhisperForConditionalGeneration",
        "WhisperConfig",
        **{key: value for key, value in SEQ.items() if key != "max_position_embeddings"},
        num_mel_bins=8,
        max_source_positions=16,
        max_target_positions=16,
    ),
    _audio(
        "Speech2Text",
        "Speech2TextForConditionalGeneration",
        "Speech2TextConfig",
        **{key: value for key, value in SEQ.items() if key != "max_position_embeddings"},
        max_source_positions=64,
        max_target_positions=32,
        input_feat_per_channel=16,
        conv_channels=16,
    ),
    _audio(
        "EnCodec",
        "EncodecModel",
        "EncodecConfig",
        hidden_size=16,
        num_filters=4,
        upsampling_ratios=[4, 2],
        codebook_size=32,
        codebook_dim=16,
        num_lstm_layers=1,
    ),
]
