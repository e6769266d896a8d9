// How does the hub behave, well and badly? Two small servers that speak its protocol: one for the interface and small files,
// one, elsewhere, to which it sends whoever wants a large file. Every request is written down.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type HubModel = {
  readonly repo: string;
  readonly commit: string;
  /** Branches and tags that are this commit. */
  readonly revisions: readonly string[];
  readonly files: Readonly<Record<string, Buffer>>;
  /** Only who has this token may read it. */
  readonly token?: string;
};

/** What goes wrong with a file, by its path; each entry of `breaks` once, in order: the connection ends after so many bytes. */
export type Trouble = {
  readonly breaks?: Readonly<Record<string, number[]>>;
  /** Sent in place of what is listed. */
  readonly other?: Readonly<Record<string, Buffer>>;
  readonly status?: Readonly<Record<string, number>>;
  /** Ranges are not heeded. */
  readonly whole?: boolean;
  /** A field of the listing's entries is this. */
  readonly listed?: Readonly<Record<string, unknown>>;
  readonly sha?: unknown;
};

export type Request = {
  readonly url: string;
  readonly range?: string;
  readonly authorization?: string;
  readonly large: boolean;
};

export type Hub = {
  readonly endpoint: string;
  readonly requests: readonly Request[];
  readonly close: () => Promise<void>;
};

const isLarge = (path: string): boolean => /\.(safetensors|gguf)$/.test(path);

const hashOf = (path: string, bytes: Buffer): string =>
  isLarge(path)
    ? createHash("sha256").update(bytes).digest("hex")
    : createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

const send = (response: ServerResponse, status: number, body: string | Buffer, headers: Record<string, string> = {}) =>
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);

const sendJson = (response: ServerResponse, status: number, json: unknown, headers: Record<string, string> = {}) =>
  send(response, status, JSON.stringify(json), { "content-type": "application/json", ...headers });

/** Bytes from a range on, with an end before the end where that is the trouble. */
const sendFile = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  bytes: Buffer,
  trouble: Trouble,
): void => {
  const status = trouble.status?.[path];
  if (status !== undefined) return void send(response, status, "trouble");
  const body = trouble.other?.[path] ?? bytes;
  const from = trouble.whole ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from >= body.length && from > 0) return void send(response, 416, "");
  const range = { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` };
  response.writeHead(from > 0 ? 206 : 200, {
    "content-length": body.length - from,
    etag: `"${hashOf(path, bytes)}"`,
    ...(from > 0 ? range : {}),
  });
  const end = trouble.breaks?.[path]?.shift();
  if (end === undefined) return void response.end(body.subarray(from));
  response.write(body.subarray(from, from + end), () => setTimeout(() => response.destroy(), 20));
};

const PAGE = 3; // entries of a listing at a time

const sendTree = (url: URL, response: ServerResponse, model: HubModel, trouble: Trouble): void => {
  const entries = Object.entries(model.files).map(([path, bytes]) => ({
    type: "file",
    path,
    size: bytes.length,
    oid: isLarge(path) ? "0".repeat(40) : hashOf(path, bytes),
    ...(isLarge(path) ? { lfs: { oid: hashOf(path, bytes), size: bytes.length, pointerSize: 130 } } : {}),
    ...trouble.listed,
  }));
  const from = Number(url.searchParams.get("cursor") ?? 0);
  url.searchParams.set("cursor", `${from + PAGE}`);
  const next = from + PAGE < entries.length ? { link: `<${url}>; rel="next"` } : undefined;
  sendJson(response, 200, [{ type: "directory", path: "onnx", size: 0 }, ...entries.slice(from, from + PAGE)], next);
};

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });

/** Serves models until it is closed. */
export const startHub = async (models: readonly HubModel[], trouble: Trouble = {}): Promise<Hub> => {
  const requests: Request[] = [];
  const note = ({ url = "", headers }: IncomingMessage, large: boolean) =>
    requests.push({
      url: decodeURIComponent(url.replace(/\?.*$/, "")),
      large,
      ...(headers.range === undefined ? {} : { range: headers.range }),
      ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
    });
  const elsewhere = createServer((request, response) => {
    note(request, true);
    const [, repo, path = ""] = /^\/(\w+\/\w+)\/(.+)$/.exec(request.url ?? "") ?? [];
    const bytes = models.find((model) => model.repo === repo)?.files[path];
    if (bytes === undefined) return void send(response, 404, "");
    sendFile(request, response, path, bytes, trouble);
  });
  const large = await listen(elsewhere);
  const server = createServer((request, response) => {
    note(request, false);
    const url = new URL(request.url ?? "", endpoint);
    const [, api, tree, at, resolveRepo, resolveAt, path = ""] =
      /^\/(?:api\/models\/(\w+\/\w+)\/(?:revision|(tree))\/(.+)|(\w+\/\w+)\/resolve\/(\w+)\/(.+))$/.exec(
        url.pathname,
      ) ?? [];
    const model = models.find(({ repo }) => repo === (api ?? resolveRepo));
    const revision = decodeURIComponent(at ?? resolveAt ?? "");
    if (model === undefined) return void sendJson(response, 404, { error: "Repository not found" });
    if (model.token !== undefined && request.headers.authorization !== `Bearer ${model.token}`)
      return void sendJson(response, 401, { error: "Access to model is restricted" });
    if (revision !== model.commit && !model.revisions.includes(revision))
      return void sendJson(response, 404, { error: `Invalid rev id: ${revision}` });
    if (tree) return sendTree(url, response, model, trouble);
    if (api) {
      const { repo, commit } = model;
      const sha = "sha" in trouble ? trouble.sha : commit;
      return void sendJson(response, 200, { _id: "1", id: repo, sha, lastModified: "2026-01-01T00:00:00.000Z" });
    }
    const bytes = model.files[path];
    if (bytes === undefined) return void send(response, 404, "");
    if (isLarge(path)) return void send(response, 302, "", { location: `${large}/${model.repo}/${path}` });
    sendFile(request, response, path, bytes, trouble);
  });
  const endpoint = await listen(server);
  return {
    endpoint,
    requests,
    close: async () => {
      await Promise.all([closed(server), closed(elsewhere)]);
    },
  };
};
