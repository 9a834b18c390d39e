import { Box } from '@twilio-paste/box';
import { Button } from '@twilio-paste/button';
import { SendIcon } from '@twilio-paste/icons/esm/SendIcon';
import { css, styled } from '@twilio-paste/styling-library';
import { type FormEvent, type KeyboardEvent, type RefObject, useLayoutEffect } from 'react';
import { useWords } from './strings.js';

export interface ComposerProps {
  text: string;
  disabled: boolean;
  fieldRef: RefObject<HTMLTextAreaElement>;
  onChange: (text: string) => void;
  onSend: () => void;
}

const Field = styled.textarea(
  css({
    flex: 1,
    minWidth: 0,
    // A line of text is as high as the button beside it.
    minHeight: '36px',
    maxHeight: 'min(132px, 30vh)',
    margin: 'space0',
    paddingBlock: '8px',
    paddingInline: '12px 8px',
    border: 'none',
    outline: 'none',
    resize: 'none',
    background: 'transparent',
    color: 'inherit',
    fontFamily: 'inherit',
    fontSize: 'fontSize30',
    lineHeight: '20px',
    overflowY: 'auto',
    // Smaller text makes phones zoom in.
    '@media (pointer: coarse)': { fontSize: 'fontSize40' },
    '&::placeholder': { color: 'colorTextWeak', opacity: 1 },
  }),
);

/**
 * The field is a plain text area that takes its height from its text. Paste's TextArea brings a resizing library
 * of 10 kB for the same, and its own box around the field, where the send button has to be.
 */
export function Composer({ text, disabled, fieldRef, onChange, onSend }: ComposerProps): React.JSX.Element {
  const { strings } = useWords();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what the height follows
  useLayoutEffect(() => {
    const field = fieldRef.current;
    if (!field) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }, [text, fieldRef]);

  const send = (): void => {
    if (text.trim()) onSend();
    fieldRef.current?.focus({ preventScroll: true });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // 229: Safari reports the Enter that ends a composition after it has ended.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229)
      return;
    event.preventDefault();
    send();
  };

  return (
    <Box
      as="form"
      element="COMPOSER"
      data-disabled={disabled || undefined}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send();
      }}
    >
      <Field
        ref={fieldRef}
        rows={1}
        value={text}
        disabled={disabled}
        placeholder={strings.placeholder}
        aria-label={strings.composer}
        enterKeyHint="send"
        dir="auto"
        onInput={(event: FormEvent<HTMLTextAreaElement>) => onChange(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Button
        type="submit"
        variant="primary"
        size="circle"
        element="COMPOSER_SEND"
        disabled={disabled || !text.trim()}
        aria-label={strings.send}
      >
        <SendIcon decorative size="sizeIcon20" />
      </Button>
    </Box>
  );
}
