/** @returns whether the gateway refuses a request, for any user: scripts/components/refusals.ts */
export function isKnownHole(
  method: string,
  target: string,
  lines: readonly (readonly [name: string, value: string])[],
): boolean {
  const value = (name: string) => lines.find(([key]) => key === name)?.[1] ?? '';
  const decoded = target.replaceAll(/%([2-7][0-9a-f])/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const foreign = /^(same|cross)-site$/.test(value('sec-fetch-site'));
  const link = value('sec-fetch-mode') === 'navigate' && method === 'GET';
  return (
    /\/apis\/.*\/_proxy/i.test(decoded) ||
    value('referer').includes('/_proxy/') ||
    /\/artifacts\/.*(source=http|endpoint)/.test(decoded) ||
    (/\/pipelines\/upload(\?|$)/.test(target) &&
      !/[?&]namespace=[^&]/.test(target.replace(/[?&](%6e|n)amespace=&.*/, ''))) ||
    target.startsWith('/dex/device') ||
    value('service-worker') !== '' ||
    (foreign && !link && !/^\/(dex|oauth2)\//.test(target))
  );
}

/** @returns whether the gateway sandboxes an answer: scripts/components/sandboxed-answers.ts */
export function isSandboxed(target: string): boolean {
  return target.startsWith('/pipeline/') && target !== '/pipeline/';
}
