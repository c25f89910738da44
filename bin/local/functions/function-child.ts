// Runs the code of one function in a process of its own, one call after the other, as AWS Lambda's runtime does.
// It has no imports of ours, so that Node runs it as it is.
{
  const { existsSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  const { pathToFileURL } = process.getBuiltinModule('node:url');

  type Handler = (event: unknown, context: object, callback: (error: unknown, result?: unknown) => void) => unknown;

  interface Call {
    readonly id: number;
    readonly event: string;
    readonly clientContext?: unknown;
    readonly requestId: string;
    readonly deadline: number;
  }

  const { env } = process;
  const [file = '', exported = ''] = (env._HANDLER ?? '').split(/\.(?=[^./]*$)/);

  const load = async (): Promise<Handler> => {
    const base = join(env.LAMBDA_TASK_ROOT ?? '.', file);
    const path = ['.js', '.mjs', '.cjs'].map((ending) => base + ending).find((one) => existsSync(one));
    if (path === undefined) throw named('Runtime.ImportModuleError', `Cannot find module '${file}'`);
    const loaded = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    const handler = loaded[exported] ?? (loaded.default as Record<string, unknown> | undefined)?.[exported];
    if (typeof handler !== 'function') {
      throw named('Runtime.HandlerNotFound', `${env._HANDLER ?? ''} is undefined or not exported`);
    }
    return handler as Handler;
  };

  const call = async (handler: Handler, { event, clientContext, requestId, deadline }: Call): Promise<unknown> => {
    const context = {
      functionName: env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
      invokedFunctionArn: env.LOCAL_FUNCTION_ARN,
      memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
      awsRequestId: requestId,
      clientContext,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
    return new Promise((resolve, reject) => {
      const callback = (error: unknown, result?: unknown): void => {
        if (error === null || error === undefined) resolve(result);
        else reject(error instanceof Error ? error : named('Error', String(error)));
      };
      const returned = handler(JSON.parse(event), context, callback);
      // A handler with a third parameter may answer by it and return nothing.
      if (handler.length < 3 || returned instanceof Promise) resolve(returned);
    });
  };

  const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

  const described = (error: unknown): object =>
    error instanceof Error
      ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') }
      : { errorType: typeof error, errorMessage: String(error), trace: [] };

  const tell = (message: object): void => {
    if (process.connected) process.send?.(message);
  };

  const loading = load();
  const tellReady = (): void => {
    tell({ isReady: true });
  };
  // A failure to load is the answer to every call.
  loading.then(tellReady, tellReady);
  process.on('message', (message: Call) => {
    loading
      .then((handler) => call(handler, message))
      .then((result) => {
        tell({ id: message.id, payload: JSON.stringify(result) ?? 'null' });
      })
      .catch((error: unknown) => {
        console.error(error);
        tell({ id: message.id, error: described(error) });
      });
  });
  process.on('disconnect', () => process.exit(0));
}
