// Memory of large arrays given back at once. JavaScript leaves that to its garbage collector, which sees a small object and
// takes its time; a buffer that was sent away is gone.
import { MessageChannel } from "node:worker_threads";

/** Nobody listens: what is sent there is freed. */
const nowhere = (() => {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
})();

/** Afterwards the buffers have no bytes. Those that cannot be sent, which are not JavaScript's own, are left alone. */
export const freeNow = (buffers: readonly ArrayBuffer[]): void => {
  try {
    nowhere.postMessage(undefined, buffers as ArrayBuffer[]);
  } catch {
    // Memory of ONNX Runtime's own, which it frees itself.
  }
};
