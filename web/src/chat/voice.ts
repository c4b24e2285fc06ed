// Whether this browser can record, and how.

const FORMS = [
  ['audio/webm;codecs=opus', 'webm'],
  ['audio/mp4', 'm4a'],
  ['audio/ogg;codecs=opus', 'ogg'],
] as const;

export function canRecord(): boolean {
  return globalThis.isSecureContext && typeof MediaRecorder !== 'undefined' && !!navigator.mediaDevices && !!form();
}

export function form(): (typeof FORMS)[number] | undefined {
  return FORMS.find(([mime]) => MediaRecorder.isTypeSupported(mime));
}
