// A hook for the module loader: whoever imports the service's signer gets the one of the official helper.
const ours = /\/packages\/backend\/dist\/access-token\.js$/;

export async function resolve(specifier, context, nextResolve) {
  const resolved = await nextResolve(specifier, context);
  if (!ours.test(new URL(resolved.url).pathname)) return resolved;
  return { ...resolved, url: new URL('helper-signer.mjs', import.meta.url).href };
}
