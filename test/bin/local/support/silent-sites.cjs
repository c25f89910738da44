// No site answers: what is fetched goes on until whoever asked gives up. Calls of AWS do not use fetch.
globalThis.fetch = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
