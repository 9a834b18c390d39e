declare const __APP_FILE__: string;
declare const __SDK_FILE__: string;

export const APP: string = __APP_FILE__;
export const SDK: string = __SDK_FILE__;

/** Standards mode, the page's own origin, and a field for what is typed before the app is there. */
const FRAME_DOCUMENT = '<!doctype html><textarea>';

export interface Policy {
  createHTML(text: string): string;
  createScriptURL(file: string): string;
}

/** Whoever holds this policy gets nothing out of it but three constants. A page allows its name only once. */
export function createPolicy(script: HTMLScriptElement): Policy {
  const rules: Policy = {
    createHTML: () => FRAME_DOCUMENT,
    createScriptURL: (file) => new URL(file === SDK ? SDK : APP, script.src).href,
  };
  try {
    // A page may forbid the name. If it does not enforce Trusted Types either, plain text still works.
    const { trustedTypes } = window as {
      trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
    };
    return trustedTypes?.createPolicy('conversations-web-chat', rules) ?? rules;
  } catch {}
  return rules;
}
