// The worker and all targets as one file; with counters in every branch of our own code when the search is to be guided by coverage.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "esbuild";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "..", "..");

export interface Bundle {
  readonly file: string;
  /** Counters in the code; 0 without instrumentation. */
  readonly counters: number;
}

/** The file lies among the packages, so that it finds them. */
export async function bundleTargets(instrument: boolean): Promise<Bundle> {
  const file = join(ROOT, "node_modules/.cache/fuzz", `${instrument ? "counted" : "plain"}-${process.pid}.mjs`);
  const counters = { count: 0 };
  await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    outfile: file,
    absWorkingDir: ROOT,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: instrument ? false : "inline",
    logLevel: "warning",
    // Counters wrap at 256: the loop only asks how often roughly.
    ...(instrument ? { banner: { js: "const __hits = (globalThis.__fuzzHits ??= new Uint8Array(1 << 17));" }, plugins: [counting(counters)] } : {}),
  });
  return { file, counters: counters.count };
}

function counting(counters: { count: number }): Plugin {
  return {
    name: "count-branches",
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const inside = relative(ROOT, path);
        if (inside.startsWith("..") || inside.startsWith("node_modules") || inside.startsWith("test")) return undefined;
        const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
        const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), { compilerOptions, fileName: path, transformers: { before: [branches(counters)] } });
        return { contents: outputText, loader: "js" };
      });
    },
  };
}

const BRANCHING = new Set([ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken]);

/** Puts a counter at the beginning of every function, branch, case and loop, and before the right side of && || ??. */
function branches(counters: { count: number }): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const { factory: f } = context;
    const count = (): ts.Expression =>
      f.createPostfixIncrement(f.createElementAccessExpression(f.createIdentifier("__hits"), f.createNumericLiteral(counters.count++)));
    const counted = (expression: ts.Expression): ts.Expression => f.createParenthesizedExpression(f.createBinaryExpression(count(), ts.SyntaxKind.CommaToken, expression));
    const block = (statement: ts.Statement): ts.Block => f.createBlock([f.createExpressionStatement(count()), ...(ts.isBlock(statement) ? statement.statements : [statement])], true);

    const visit = (before: ts.Node): ts.Node => {
      const node = ts.visitEachChild(before, visit, context);
      if (ts.isIfStatement(node)) return f.updateIfStatement(node, node.expression, block(node.thenStatement), node.elseStatement && block(node.elseStatement));
      if (ts.isConditionalExpression(node)) return f.updateConditionalExpression(node, node.condition, node.questionToken, counted(node.whenTrue), node.colonToken, counted(node.whenFalse));
      if (ts.isBinaryExpression(node) && BRANCHING.has(node.operatorToken.kind)) return f.updateBinaryExpression(node, node.left, node.operatorToken, counted(node.right));
      if (ts.isCaseClause(node)) return f.updateCaseClause(node, node.expression, [f.createExpressionStatement(count()), ...node.statements]);
      if (ts.isDefaultClause(node)) return f.updateDefaultClause(node, [f.createExpressionStatement(count()), ...node.statements]);
      if (ts.isForStatement(node)) return f.updateForStatement(node, node.initializer, node.condition, node.incrementor, block(node.statement));
      if (ts.isForOfStatement(node)) return f.updateForOfStatement(node, node.awaitModifier, node.initializer, node.expression, block(node.statement));
      if (ts.isWhileStatement(node)) return f.updateWhileStatement(node, node.expression, block(node.statement));
      if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) return f.updateArrowFunction(node, node.modifiers, node.typeParameters, node.parameters, node.type, node.equalsGreaterThanToken, counted(node.body));
      return node;
    };
    const visitFunctions = (before: ts.Node): ts.Node => {
      const node = ts.visitEachChild(before, visitFunctions, context);
      return ts.isFunctionLike(node) ? ts.visitEachChild(node, (part) => (ts.isBlock(part) ? block(part) : part), context) : node;
    };
    return (file) => visitFunctions(ts.visitNode(file, visit) as ts.SourceFile) as ts.SourceFile;
  };
}
