// Where do tests write? Into a folder of their own, gone afterwards.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = await mkdtemp(join(tmpdir(), "depass-models-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Files by path → content, in a folder of their own. */
export const withFiles = <A>(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<A>,
): Promise<A> =>
  inFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return use(folder);
  });
