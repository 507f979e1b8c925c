import type { CommandContext } from "./command.ts";
import type { RemoteChain } from "./remote-chain.ts";

/** Runs `body` on the chain at --url, and hangs up. */
export async function withChain(ctx: CommandContext, body: (chain: RemoteChain) => Promise<void>): Promise<void> {
  const { RemoteChain } = await import("./remote-chain.ts");
  const { url, timeoutMs } = ctx.out.globals;
  const chain = await RemoteChain.connect(url, timeoutMs);
  try {
    await body(chain);
  } finally {
    chain.close();
  }
}
