// A WebSocket between client and node that lets one version of the metadata through: the node offers three, a client takes
// the newest that it knows, so only this way is each of them put to use.
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";
import { fromHex, toHex } from "../../runtime/primitives/bytes.ts";
import { decode, encode, u32, vec } from "../../runtime/primitives/codec/index.ts";

export interface MetadataProxy {
  readonly url: string;
  /** The versions of metadata that went through, as their own first bytes say. */
  readonly served: ReadonlySet<number>;
  close(): Promise<void>;
}

interface RuntimeCall {
  readonly name: string;
  readonly input: string;
}
interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  result?: unknown;
}

const VersionsTy = vec(u32);
const NONE = "0x00";
/** Where the name of the runtime function stands among the parameters; its input follows. */
const CALLS: Readonly<Record<string, number>> = { state_call: 0, state_callAt: 0, archive_v1_call: 1, chainHead_v1_call: 2 };

/** Serves `nodeUrl` (ws://) on a free port as a node that has this version of the metadata and no other. */
export async function startMetadataProxy(nodeUrl: string, version: 14 | 15 | 16): Promise<MetadataProxy> {
  const served = new Set<number>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (client) => join(client, new WebSocket(nodeUrl), new Session(version, served)));
  await new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served,
    close: () => {
      for (const client of server.clients) client.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Messages of both sides keep their order; when one side goes, so does the other. */
function join(client: WebSocket, node: WebSocket, session: Session): void {
  const early: string[] = [];
  client.on("message", (data) => {
    const text = session.toNode(String(data));
    if (node.readyState === WebSocket.CONNECTING) early.push(text);
    else node.send(text);
  });
  node.on("open", () => early.splice(0).forEach((text) => node.send(text)));
  node.on("message", (data) => client.send(session.toClient(String(data))));
  for (const [one, other] of [[client, node], [node, client]] as const) {
    one.on("close", () => other.terminate());
    one.on("error", () => other.terminate());
  }
}

/** One connection's open questions about metadata. */
class Session {
  readonly #version: number;
  readonly #served: Set<number>;
  readonly #requests = new Map<number | string, RuntimeCall>();
  /** By the id of a chainHead operation. */
  readonly #operations = new Map<string, RuntimeCall>();

  constructor(version: number, served: Set<number>) {
    this.#version = version;
    this.#served = served;
  }

  toNode(text: string): string {
    const parsed = JSON.parse(text) as Message | Message[];
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      const call = runtimeCall(message);
      if (call?.name.startsWith("Metadata_") && message.id !== undefined) this.#requests.set(message.id, call);
    }
    return text;
  }

  toClient(text: string): string {
    const parsed = JSON.parse(text) as Message | Message[];
    let changed = false;
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) changed = this.#change(message) || changed;
    return changed ? JSON.stringify(parsed) : text;
  }

  #change(message: Message): boolean {
    return message.id === undefined ? this.#changeEvent(message) : this.#changeAnswer(message, message.id);
  }

  #changeAnswer(message: Message, id: number | string): boolean {
    const call = this.#requests.get(id);
    this.#requests.delete(id);
    const { result } = message;
    if (call === undefined || result === undefined) return false;
    if (typeof result === "string") {
      message.result = this.#output(call, result);
      return true;
    }
    const { operationId, value } = (result ?? {}) as { operationId?: string; value?: string };
    if (operationId !== undefined) this.#operations.set(operationId, call);
    if (value === undefined) return false;
    message.result = { ...(result as object), value: this.#output(call, value) };
    return true;
  }

  #changeEvent({ params }: Message): boolean {
    const event = (params as { result?: { event?: string; operationId?: string; output?: string } } | undefined)?.result;
    if (event?.operationId === undefined || event.event !== "operationCallDone") return false;
    const call = this.#operations.get(event.operationId);
    if (call === undefined) return false;
    this.#operations.delete(event.operationId);
    event.output = this.#output(call, event.output!);
    return true;
  }

  #output({ name, input }: RuntimeCall, output: string): string {
    if (name === "Metadata_metadata_versions") return toHex(encode(VersionsTy, [this.#version]));
    if (name === "Metadata_metadata_at_version" && decode(u32, fromHex(input)) !== this.#version) return NONE;
    // The magic number "meta", then the version.
    const magic = output.slice(0, 32).indexOf("6d657461");
    if (magic >= 0) this.#served.add(parseInt(output.slice(magic + 8, magic + 10), 16));
    return output;
  }
}

function runtimeCall({ method = "", params }: Message): RuntimeCall | undefined {
  if (method === "state_getMetadata") return { name: "Metadata_metadata", input: "0x" };
  const at = CALLS[method];
  if (at === undefined || !Array.isArray(params)) return undefined;
  return { name: String(params[at]), input: String(params[at + 1]) };
}
