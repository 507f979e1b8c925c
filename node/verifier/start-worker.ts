import { Worker } from "node:worker_threads";
import type { WorkerOptions } from "node:worker_threads";

/** Starts `file`, from the bundle as it is, and from source (tests, development) under tsx, which new threads do not inherit on Node 20. */
export function startWorker(file: URL, options: WorkerOptions = {}): Worker {
  if (!file.pathname.endsWith(".ts")) return new Worker(file, options);
  const loader = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const bootstrap = `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(bootstrap, { ...options, eval: true });
}
