/**
 * Find: one box for plain text, `field:value`, `amount>number` and patterns of operators along the data flow.
 * The grammar stands in find/grammar.ts; what it means to the reader, by example, in ui/FindHelp.tsx.
 */
export { type Parsed, type Problem, parse } from "./find/grammar";
export { markedName, markedText, suggestion } from "./find/mark";
export { find, type Matches } from "./find/match";
export { quoted } from "./find/words";
