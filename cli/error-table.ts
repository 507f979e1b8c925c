// Every error code that can end a command: its exit code, what happened, what to do. The one place that maps them.
import { ExitCode } from "./exit-codes.ts";

export interface ErrorEntry {
  readonly exit: ExitCode;
  readonly meaning: string;
  readonly hint?: string;
}

const { Bug, Usage, Config, Unreachable, Transaction, Refused, Timeout, NotFound, Storage, ChecksFailed, Forced } = ExitCode;

const entry = (exit: ExitCode, meaning: string, hint?: string): ErrorEntry => ({ exit, meaning, ...(hint === undefined ? {} : { hint }) });

export const ERRORS: Readonly<Record<string, ErrorEntry>> = {
  // The command line
  USAGE: entry(Usage, "An unknown flag, command or argument, or a value that is not accepted."),
  CONFIRMATION_NEEDED: entry(Usage, "The command asks before it destroys something, and there is no terminal to ask on.", "add --yes"),
  FILE_UNREADABLE: entry(Usage, "A file that was named cannot be read."),
  FILE_UNWRITABLE: entry(Storage, "A file that was named cannot be written."),
  UNEXPECTED: entry(Bug, "An error that nobody expected: a bug.", "please report it, with the stack that --log debug prints"),
  FORCED_STOP: entry(Forced, "A second Ctrl-C ended the process before it was done."),
  // Values
  JSON_WRONG_TYPE: entry(Usage, "A value in the JSON has another type than the call, key or setting takes."),
  JSON_OUT_OF_RANGE: entry(Usage, "A number in the JSON is outside the range of its type."),
  JSON_MISSING_FIELD: entry(Usage, "A field is missing in the JSON."),
  JSON_UNKNOWN_FIELD: entry(Usage, "The JSON has a field that does not exist."),
  JSON_UNKNOWN_VARIANT: entry(Usage, "The JSON names a variant that the enum does not have."),
  JSON_TOO_DEEP: entry(Usage, "The JSON is nested too deeply."),
  CODEC_UNEXPECTED_END: entry(Usage, "The bytes end before the value does."),
  CODEC_TRAILING_BYTES: entry(Usage, "There are bytes behind the value."),
  CODEC_NON_CANONICAL: entry(Usage, "The bytes are not the one canonical encoding of a value."),
  CODEC_OUT_OF_RANGE: entry(Usage, "The bytes hold a value outside its range."),
  CODEC_UNKNOWN_VARIANT: entry(Usage, "The bytes name a variant, call or version that does not exist here."),
  CODEC_TOO_DEEP: entry(Usage, "The value is nested too deeply."),
  CODEC_NOT_ENCODABLE: entry(Usage, "The value has no encoding in its type."),
  // Configuration and genesis
  CONFIG_INVALID: entry(Config, "The settings contradict each other, or one has a bad value.", "mesi config show --origin tells where each value comes from"),
  CONFIG_UNREADABLE: entry(Config, "The configuration file cannot be read or is neither JSON nor YAML."),
  CONFIG_UNKNOWN_KEY: entry(Config, "The configuration file has a key that is not a setting."),
  SPEC_UNREADABLE: entry(Config, "The chain spec file cannot be read."),
  SPEC_NOT_JSON: entry(Config, "The chain spec file is not JSON."),
  SPEC_INVALID: entry(Config, "A field of the chain spec is missing, unknown, or has a bad value."),
  SPEC_UNKNOWN_CHAIN: entry(Config, "--chain names neither a preset nor a file.", "mesi chain-spec build --chain dev writes one to start from"),
  SPEC_NOT_RAW: entry(Config, "The chain spec's genesis is computed by Wasm, which this program does not run.", "convert it to raw with the tool that made it"),
  SPEC_STATE_MISSING: entry(Config, "The chain spec gives only a state root; a chain starts from the state itself."),
  SPEC_CHILD_TRIES: entry(Config, "The chain spec has child tries; this chain has none."),
  SPEC_FOREIGN_RUNTIME: entry(Config, "The chain spec's runtime is not one of this program's."),
  SPEC_LIVE_SUDO: entry(Refused, "A Live chain must not have sudo: whoever holds the key owns the chain.", "remove the key and set params.sudo_allowed to false"),
  GENESIS_BALANCE_BELOW_MINIMUM: entry(Config, "A genesis balance is below the existential deposit."),
  GENESIS_BALANCE_DUPLICATE: entry(Config, "An account has two genesis balances."),
  GENESIS_BALANCES_OVERFLOW: entry(Config, "All genesis balances together do not fit into 128 bits."),
  RUNTIME_UNKNOWN: entry(Config, "The chain's state asks for a runtime version that this program does not have.", "install the release that has it"),
  OTHER_RUNTIME: entry(Config, "The node's runtime is not one that this program knows, so it cannot encode for it.", "use the mesi release of the node, or mesi query raw"),
  NODE_KEY_FORMAT: entry(Config, "A node key is 32 bytes: 64 hex digits, or a file of 32 raw bytes."),
  NODE_KEY_FILE: entry(Config, "The node key file cannot be read."),
  // Endpoints
  CANNOT_CONNECT: entry(Unreachable, "Nothing answers at the endpoint.", "is the node running? mesi dev starts one; --url names another"),
  CONNECTION_LOST: entry(Unreachable, "The node closed the connection before it answered."),
  RPC_REFUSED: entry(Unreachable, "The node answered with an error."),
  RPC_UNKNOWN_METHOD: entry(NotFound, "The node has no such method.", "mesi query raw rpc_methods lists what it has"),
  RPC_BAD_PARAMS: entry(Usage, "The node does not take these parameters for the method."),
  RPC_UNSAFE_METHOD: entry(Refused, "The node serves unsafe methods to its own machine only, or to nobody.", "call it on the node's machine, or start the node with --rpc-methods unsafe"),
  RPC_PORT_IN_USE: entry(Unreachable, "Another process has the RPC port.", "stop it, or choose another with --rpc-port"),
  RPC_LISTEN_FAILED: entry(Unreachable, "The RPC address cannot be listened on: it is not this machine's, or the port needs more rights."),
  METRICS_PORT_IN_USE: entry(Unreachable, "Another process has the metrics port.", "stop it, choose another with --prometheus-port, or --no-prometheus"),
  LOG_FILTERS_TOO_MANY: entry(Usage, "There are more log filters than the node keeps."),
  METRICS_LISTEN_FAILED: entry(Unreachable, "The metrics address cannot be listened on."),
  LOG_FILTER: entry(Usage, "A log filter is not LEVEL or TARGET=LEVEL.", "write -l info, or -l rpc=debug,pool=trace"),
  RPC_BAD_WHITELIST: entry(Usage, "An entry of --rpc-rate-limit-whitelisted-ips is neither an address nor a range."),
  RPC_BAD_CORS: entry(Usage, "An entry of --rpc-cors is not an origin such as https://example.org."),
  // Transactions
  TX_REJECTED: entry(Transaction, "The node did not take the transaction."),
  TX_FAILED: entry(Transaction, "The transaction is in a block, paid its fee, and its call failed: nothing else changed."),
  TX_DROPPED: entry(Transaction, "The pool let the transaction go before it was in a block."),
  // Safety
  UNSAFE_RPC: entry(Refused, "Unsafe RPC methods would be open to the network."),
  UNSAFE_FLAG: entry(Refused, "The flag changes what protects the node in Substrate, and has no meaning here."),
  // Keys
  SURI_FORM: entry(Usage, "The secret is not of the form phrase//hard/soft///password.", "a phrase has 12 to 24 words, a seed is 0x and 64 hex digits, a path looks like //Alice"),
  SURI_PHRASE: entry(Usage, "The secret phrase has a wrong word or checksum, or the seed is not 32 bytes of hex."),
  SURI_SOFT: entry(Usage, "Soft junctions (/name) exist for sr25519 only.", "use a hard one: //name"),
  KEYSTORE_NO_PASSWORD: entry(Config, "The key store is encrypted, and no password was given.", "use --password-filename or --password-interactive"),
  KEYSTORE_UNKNOWN_TYPE: entry(Usage, "This node has no keys of that type."),
  KEYSTORE_KEY_MISMATCH: entry(Refused, "The secret belongs to another public key than the one given."),
  KEYSTORE_PERMISSIONS: entry(Refused, "Others may look into the key store's folder.", "chmod 700 it"),
  KEY_WRONG_PASSWORD: entry(Config, "The password is not that of the key."),
  KEY_FILE_DAMAGED: entry(Storage, "A key file is not one, or damaged.", "restore it from a backup"),
  KEY_FILE_PERMISSIONS: entry(Refused, "Others may read a key file.", "chmod 600 it"),
  HOST_KEYS_REFUSED: entry(Refused, "Session keys are made with author_rotateKeys, not by a runtime call."),
  VERIFIER_QUEUE_FULL: entry(Bug, "More signatures wait to be verified than the queue holds."),
  VERIFIER_WORKER_CRASHED: entry(Bug, "A worker that verifies signatures ended."),
  VERIFIER_UNAVAILABLE: entry(Bug, "No worker that verifies signatures can be started."),
  VERIFIER_CLOSED: entry(Bug, "Signatures are no longer verified: the node is stopping."),
  // Waiting and looking
  TIMED_OUT: entry(Timeout, "What was waited for did not happen in time.", "--timeout SECONDS waits longer"),
  CLOSE_TIMEOUT: entry(Timeout, "The node did not stop in time."),
  NOT_FOUND: entry(NotFound, "There is no such block, transaction, storage item or file."),
  // Storage
  DB_LOCKED: entry(Storage, "Another process has the database open.", "stop that node, or choose another --base-path"),
  DB_CORRUPT: entry(Storage, "The database's files are damaged.", "restore a backup, or purge it and sync again"),
  DB_VERSION: entry(Storage, "Another version of this program wrote the database."),
  DB_OTHER_CHAIN: entry(Config, "The database holds another chain than the chain spec says.", "choose another --base-path, or mesi db purge"),
  DB_BLOCKS_LOST: entry(Storage, "The database ends before a block that this node had announced as final: the disk lost what it had confirmed.", "restore a backup, or purge it and sync again"),
  DB_IO: entry(Storage, "The database cannot be read or written.", "is the disk full, or the folder not yours?"),
  ENOSPC: entry(Storage, "The disk is full.", "free some space"),
  EDQUOT: entry(Storage, "The disk quota is used up.", "free some space"),
  EROFS: entry(Storage, "The disk is mounted read-only.", "look why: a failing disk is remounted so"),
  EIO: entry(Storage, "The disk failed to read or write.", "look at the system's log, and replace the disk"),
  TRIE_ROOT_MISMATCH: entry(Storage, "The stored trie is not that of the stored state.", "mesi db verify tells more"),
  BLOCKS_FILE_INVALID: entry(Usage, "The file is not one that export-blocks wrote, or it is cut off."),
  BLOCK_REFUSED: entry(Config, "A block in the file does not follow from the chain in the database.", "is it a file of this chain?"),
  CHECKS_FAILED: entry(ChecksFailed, "At least one check failed."),
};

export function entryOf(code: string): ErrorEntry | undefined {
  return ERRORS[code];
}
