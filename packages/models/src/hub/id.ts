// Is a text the id of a model on the hub? owner/name, and after an @ the branch, tag or commit that is meant.

export type HubId = {
  /** `owner/name`. */
  readonly repo: string;
  /** A branch, a tag or a commit; `main` where none is given. */
  readonly revision: string;
};

const LONGEST = 96; // characters of owner/name, as the hub allows
const WORD = "[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?";
const ID = new RegExp(`^(${WORD}/${WORD})(?:@([\\w][\\w./-]*))?$`);

/** Names become folders of the cache, so nothing may lead out of one, or be read as the sign between owner and name. */
const isSafe = (text: string): boolean => !text.includes("--") && !text.includes("..") && !text.includes("//");

export const hubIdOf = (text: string): HubId | undefined => {
  const [, repo, revision = "main"] = ID.exec(text) ?? [];
  return repo === undefined || repo.length > LONGEST || !isSafe(repo) || /\.\.|\/\/|\/$|\.$/.test(revision)
    ? undefined
    : { repo, revision };
};
