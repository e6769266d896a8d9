// What a bench explains where nobody says what: the demo knows the words of its own world alone.

const [IN_DEMO, ELSEWHERE] = [
  "The capital of Gerland is",
  "When Mary and John went to the store, John gave a drink to",
];

/** `model` as a bench is given it: absent or `demo` is the one that comes along. */
export const promptFor = (model: string | undefined): string =>
  model === undefined || model === "demo" ? IN_DEMO : ELSEWHERE;
