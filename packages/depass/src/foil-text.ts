// What are the foils of several tokens together called?
type Named = readonly { readonly text: string }[];

/** Their texts behind one another, as the tokens' own stand; several of one token with a stroke between them. */
export const foilText = (foils: readonly Named[]): string =>
  foils.map((own) => own.map(({ text }) => text).join("/")).join("");
