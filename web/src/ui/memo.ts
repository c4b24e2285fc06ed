// A component that renders again only when one of its properties changed.

import { Component, createElement, type FunctionComponent } from 'preact';

export function memo<P extends object>(inner: (props: P) => unknown): FunctionComponent<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const before = this.props as Record<string, unknown>;
      const after = next as Record<string, unknown>;
      return Object.keys(after).some((key) => before[key] !== after[key]) || Object.keys(before).some((key) => !(key in after));
    }
    override render() {
      return createElement(inner as FunctionComponent<P>, this.props as P);
    }
  } as unknown as FunctionComponent<P>;
}
