// Which merges does a SentencePiece vocabulary make? It has none written down: two neighbours merge wherever what they give is
// a piece, the piece of the highest score first. As a list: every way to cut a piece into two pieces, in the order of the
// scores of the whole, then of the ids of its parts.

type Merge = { readonly parts: readonly [string, string]; readonly score: number; readonly order: number };

const cutsOf = (piece: string): readonly (readonly [string, string])[] => {
  const cuts: (readonly [string, string])[] = [];
  for (let at = 1; at < piece.length; at++) {
    const isWithinChar = /[\uDC00-\uDFFF]/.test(piece[at] as string);
    if (!isWithinChar) cuts.push([piece.slice(0, at), piece.slice(at)]);
  }
  return cuts;
};

/** Pairs of pieces in the order in which they merge. `scores` has one for each piece. */
export const mergesOf = (
  pieces: readonly string[],
  scores: readonly number[],
): readonly (readonly [string, string])[] => {
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  const merges = pieces.flatMap((piece, whole) =>
    cutsOf(piece).flatMap((parts): readonly Merge[] => {
      const [left, right] = [ids.get(parts[0]), ids.get(parts[1])];
      if (left === undefined || right === undefined) return [];
      return [{ parts, score: scores[whole] as number, order: left * pieces.length + right }];
    }),
  );
  return merges.sort((a, b) => b.score - a.score || a.order - b.order).map(({ parts }) => parts);
};
