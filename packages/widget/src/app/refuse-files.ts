/** A file dropped on a frame replaces what is in it by that file, unless somebody takes it. */
export function refuseFiles(target: EventTarget): void {
  const refuse = (event: Event): void => {
    const { dataTransfer } = event as DragEvent;
    if (!dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    dataTransfer.dropEffect = 'none';
  };
  target.addEventListener('dragover', refuse);
  target.addEventListener('drop', refuse);
}
