/** Layouts that a model can be exported to (exportModel.ts). */
export const EXPORT_FORMATS = ["gpt2", "nanogpt", "transformer_lens"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
