// Runs a case in a process of its own: no garbage, no compiled code and no caches of the one before.
import { spawn } from "node:child_process";

/** Runs a bundle with a JSON argument; its last line of output is the JSON answer. */
export function runCase<T>(bundle: string, input: object, nodeFlags: readonly string[] = []): Promise<T> {
  const child = spawn(process.execPath, [...nodeFlags, bundle, JSON.stringify(input)], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(out.trim().split("\n").pop()!) as T);
      else reject(new Error(`a case ended with ${code}`));
    });
  });
}
