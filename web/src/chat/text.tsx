// The syntax tree of a message as elements.

import { isJumbo, parse, type Mentionable, type Node } from '../core/text.ts';
import { memo } from '../ui/memo.ts';

export const Text = memo(function Text({ text, mentions, me }: { text: string; mentions: Mentionable[]; me: string }) {
  if (isJumbo(text)) return <div class="text jumbo">{text}</div>;
  const tree = parse(text, mentions);
  return (
    <div class={tree.some((node) => node.type === 'block') ? 'text blocks' : 'text'} dir="auto">
      {nodes(tree, me)}
    </div>
  );
});

function nodes(list: Node[], me: string) {
  return list.map((node, index) => {
    switch (node.type) {
      case 'text':
        return node.text;
      case 'bold':
        return <strong key={index}>{nodes(node.children, me)}</strong>;
      case 'italic':
        return <em key={index}>{nodes(node.children, me)}</em>;
      case 'strike':
        return <s key={index}>{nodes(node.children, me)}</s>;
      case 'code':
        return <code key={index}>{node.text}</code>;
      case 'block':
        return (
          <pre key={index}>
            <code>{node.text}</code>
          </pre>
        );
      case 'link':
        return (
          <a key={index} href={node.href} target="_blank" rel="noopener noreferrer">
            {node.text}
          </a>
        );
      case 'mention':
        return (
          <span key={index} class={`mention${node.id === me ? ' me' : ''}`}>
            {node.text}
          </span>
        );
    }
  });
}
