// What page and worker say to each other.

export const ruleNames = ["softmax", "taylor", "max", "linear"] as const;
export type RuleName = (typeof ruleNames)[number];

export type Asked = {
  readonly prompt: string;
  /** Empty: the likeliest token. */
  readonly target: string;
  readonly rule: RuleName;
  readonly layers: boolean;
  /** `reference` is plain JavaScript. */
  readonly backend: "webgpu" | "reference";
  /** A checkpoint's files; none: the demo. */
  readonly files: readonly File[];
};

export type Said =
  | { readonly kind: "doing"; readonly what: string }
  | { readonly kind: "explained"; readonly page: string; readonly summary: string }
  /** `noGpu`: nothing else was wrong. */
  | { readonly kind: "faults"; readonly text: string; readonly noGpu: boolean };
