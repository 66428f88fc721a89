/** Forwards as they stand in files, for tests and for the development page. */
import type { SourceText } from "../src/ask";

const text = (file: string, first: number, name: string, lines: string): SourceText => ({
  file,
  first,
  lines: lines.replace(/^\n/, "").replace(/\n$/, "").split("\n"),
  class: name,
});

const BERT = "transformers/models/bert/modeling_bert.py";

export const selfAttention = text(
  BERT,
  164,
  "BertSelfAttention",
  `
def forward(
    self,
    hidden_states: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    past_key_values: Cache | None = None,
    **kwargs: Unpack[TransformersKwargs],
) -> tuple[torch.Tensor]:
    input_shape = hidden_states.shape[:-1]
    hidden_shape = (*input_shape, -1, self.attention_head_size)

    # get all proj
    query_layer = self.query(hidden_states).view(*hidden_shape).transpose(1, 2)
    key_layer = self.key(hidden_states).view(*hidden_shape).transpose(1, 2)
    value_layer = self.value(hidden_states).view(*hidden_shape).transpose(1, 2)

    if past_key_values is not None:
        # decoder-only bert can have a simple dynamic cache for example
        current_past_key_values = past_key_values
        if isinstance(past_key_values, EncoderDecoderCache):
            current_past_key_values = past_key_values.self_attention_cache

        # save all key/value_layer to cache to be re-used for fast auto-regressive generation
        key_layer, value_layer = current_past_key_values.update(key_layer, value_layer, self.layer_idx)

    attention_interface: Callable = ALL_ATTENTION_FUNCTIONS.get_interface(
        self.config._attn_implementation, eager_attention_forward
    )

    attn_output, attn_weights = attention_interface(
        self,
        query_layer,
        key_layer,
        value_layer,
        attention_mask,
        dropout=0.0 if not self.training else self.dropout.p,
        scaling=self.scaling,
        **kwargs,
    )
    attn_output = attn_output.reshape(*input_shape, -1).contiguous()
    return attn_output, attn_weights
`,
);

export const encoder = text(
  BERT,
  425,
  "BertEncoder",
  `
def forward(
    self,
    hidden_states: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
) -> BaseModelOutput:
    for i, layer_module in enumerate(self.layer):
        hidden_states = layer_module(
            hidden_states,
            attention_mask,
        )

    return BaseModelOutput(
        last_hidden_state=hidden_states,
    )
`,
);

export const layer = text(
  BERT,
  374,
  "BertLayer",
  `
def forward(self, hidden_states, attention_mask=None):
    self_attention_output, _ = self.attention(
        hidden_states,
        attention_mask,
    )
    layer_output = apply_chunking_to_forward(
        self.feed_forward_chunk, self.chunk_size_feed_forward, self.seq_len_dim, self_attention_output
    )
    return layer_output
`,
);
