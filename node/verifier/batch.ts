// What the main thread and a worker send each other: one flat buffer of tasks there, one byte per task back.
// Task: scheme u8, signer 32 bytes, signature (64 or 65), message length u32 LE, message.
import type { SignatureTask } from "../../runtime/frame/executive.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import { SIGNATURE_SIZE, verifySignature } from "./verify.ts";
import type { Scheme } from "./verify.ts";

export interface BatchRequest {
  readonly id: number;
  readonly tasks: Uint8Array;
}
export interface BatchReply {
  readonly id: number;
  /** 1 for each valid signature, else 0; in the order of the tasks. */
  readonly valid: Uint8Array;
}

const SCHEMES: readonly Scheme[] = ["Ed25519", "Sr25519", "Ecdsa"];
const HEAD = 1 + 32;

/** Whether signer and signature have the sizes that the flat form takes for granted; if not, the signature is bad. */
export function isWellSized({ signature, signer }: SignatureTask): boolean {
  return signer.length === 32 && signature.value.length === SIGNATURE_SIZE[signature.type];
}

export function encodeTasks(tasks: readonly SignatureTask[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { signature, message } of tasks) size += HEAD + signature.value.length + 4 + message.length;
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { signature, message, signer } of tasks) {
    out[at] = SCHEMES.indexOf(signature.type);
    out.set(signer, at + 1);
    out.set(signature.value, at + HEAD);
    at += HEAD + signature.value.length;
    view.setUint32(at, message.length, true);
    out.set(message, at + 4);
    at += 4 + message.length;
  }
  return out;
}

export function decodeTasks(bytes: Uint8Array): SignatureTask[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tasks: SignatureTask[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = SCHEMES[bytes[at]!]!;
    const signer = AccountId(bytes.subarray(at + 1, at + HEAD));
    const signatureEnd = at + HEAD + SIGNATURE_SIZE[type];
    const messageEnd = signatureEnd + 4 + view.getUint32(signatureEnd, true);
    const signature = { type, value: bytes.subarray(at + HEAD, signatureEnd) };
    tasks.push({ signature, message: bytes.subarray(signatureEnd + 4, messageEnd), signer });
    at = messageEnd;
  }
  return tasks;
}

export function verifyBatch(tasks: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(decodeTasks(tasks), (task) => (verifySignature(task) ? 1 : 0));
}
