/** An error while drawing becomes a sentence; a blank output tells nobody anything. */
import { Component, type ComponentChildren } from "preact";
import { asFailure, type Failure, FailureMessage } from "./Failure";

export class Guard extends Component<{ children: ComponentChildren }, { failed: Failure | null }> {
  state: { failed: Failure | null } = { failed: null };

  componentDidCatch(error: unknown) {
    this.setState({ failed: asFailure(error) });
  }

  render() {
    const { failed } = this.state;
    return failed ? <FailureMessage {...failed} /> : this.props.children;
  }
}
