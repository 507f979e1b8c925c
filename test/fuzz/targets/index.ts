// All targets by name. A new decoder of bytes from outside gets a file here and a line below.
import type { Target } from "../engine.ts";
import * as block from "./block.ts";
import * as blocksFile from "./blocks-file.ts";
import * as call from "./call.ts";
import * as callJson from "./call-json.ts";
import * as chainSpec from "./chain-spec.ts";
import * as compactProof from "./compact-proof.ts";
import * as extrinsic from "./extrinsic.ts";
import * as jsonRpc from "./json-rpc.ts";
import * as justifications from "./justifications.ts";
import * as keystore from "./keystore.ts";
import * as metadata from "./metadata.ts";
import * as readProof from "./read-proof.ts";
import * as runtimeCall from "./runtime-call.ts";
import * as ss58 from "./ss58.ts";
import * as storage from "./storage.ts";
import * as text from "./text.ts";

export const targets: Readonly<Record<string, Target>> = {
  extrinsic,
  call,
  "call-json": callJson,
  block,
  justifications,
  metadata,
  ss58,
  "chain-spec": chainSpec,
  keystore,
  "blocks-file": blocksFile,
  "json-rpc": jsonRpc,
  storage,
  "runtime-call": runtimeCall,
  "read-proof": readProof,
  "compact-proof": compactProof,
  text,
};
