// What the process's exit code says. The numbers are public: scripts compare with them.
export const ExitCode = {
  Ok: 0,
  Bug: 1,
  Usage: 2,
  Config: 3,
  Unreachable: 4,
  Transaction: 5,
  Refused: 6,
  Timeout: 7,
  NotFound: 8,
  Storage: 9,
  ChecksFailed: 10,
  Forced: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const EXIT_MEANING: Readonly<Record<ExitCode, string>> = {
  0: "done; also a clean stop on SIGTERM or SIGINT",
  1: "unexpected failure: a bug. Please report it with the output of --log debug",
  2: "usage: an unknown flag, command or argument, a bad value, or a question that nobody could answer without a terminal",
  3: "the configuration, chain spec or genesis is invalid, or belongs to another chain",
  4: "the endpoint cannot be reached or does not serve the request, or the port is in use",
  5: "the transaction was rejected, or it was included and its call failed",
  6: "refused for safety",
  7: "timed out",
  8: "not found",
  9: "storage: locked, damaged, full, or a write failed",
  10: "checks failed",
  130: "stopped by a second Ctrl-C, without finishing cleanly",
};
