/**
 * What speaks against bundling handlers on this machine. Without esbuild the CDK would bundle in Docker, or fail with the
 * name of a command.
 *
 * @param directories where the package is looked for: the app, then this library
 */
export function esbuildFindings(directories: readonly string[] = [process.cwd(), __dirname]): string[] {
  try {
    require.resolve('esbuild/package.json', { paths: [...directories] });
    return [];
  } catch {
    return [
      'GatewayTool.function with an entry needs the package "esbuild", which is not installed; run: npm install --save-dev esbuild',
    ];
  }
}
