// Is a text the id of a model on the hub? owner/name, or a file of one, owner/name/file.gguf; after an @ the branch, tag or
// commit that is meant.

export type HubId = {
  /** `owner/name`. */
  readonly repo: string;
  /** A branch, a tag or a commit; `main` where none is given. */
  readonly revision: string;
  /** A GGUF file in it; absent for the model as config.json and safetensors. */
  readonly file?: string;
};

const LONGEST = 96; // characters of owner/name, as the hub allows
const WORD = "[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?";
const ID = new RegExp(`^(${WORD}/${WORD})(?:/([\\w][\\w.+-]*\\.gguf))?(?:@(\\w[\\w./-]*))?$`);

/** Names become folders of the cache: none may lead out of one, or hold the sign that stands there for the slash. */
const isSafe = (text: string): boolean => !/--|\.\.|\/\//.test(text);

const isRevision = (text: string): boolean => !/\.\.|\/\/|[/.]$/.test(text);

export const hubIdOf = (text: string): HubId | undefined => {
  const [, repo, file, revision = "main"] = ID.exec(text) ?? [];
  return repo === undefined || repo.length > LONGEST || !isSafe(repo) || !isRevision(revision)
    ? undefined
    : { repo, revision, ...(file === undefined ? {} : { file }) };
};
