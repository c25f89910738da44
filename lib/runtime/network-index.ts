import { aws_ec2 as ec2, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { renderedText } from '../private/rendered-text';

/** What a stage, or an app, defines of ways out of its subnets. */
export interface NetworkIndex {
  /** The ids of route tables with a route to everywhere. */
  readonly openRouteTables: ReadonlySet<string>;
  /** The names of the services that a VPC has endpoints for, by the id of the VPC. */
  readonly endpointServices: ReadonlyMap<string, readonly string[]>;
}

const indexes = new WeakMap<IConstruct, NetworkIndex>();
const watched = new WeakSet<IConstruct>();

/**
 * The ways out in the stage of `scope`, read once in a synthesis and not for every agent.
 *
 * To be called while constructs validate themselves: before that, routes and endpoints can still be added.
 */
export function networkIndex(scope: IConstruct): NetworkIndex {
  const root = synthesizedRoot(scope);
  const index = indexes.get(root) ?? readIndex(root);
  indexes.set(root, index);
  return index;
}

/** Has the index read again in every synthesis: the root of what is synthesized is validated first. */
export function watchNetwork(scope: IConstruct): void {
  const root = synthesizedRoot(scope);
  if (watched.has(root)) return;
  watched.add(root);
  root.node.addValidation({
    validate: () => {
      indexes.delete(root);
      return [];
    },
  });
}

/** The stage, which nothing in a VPC reaches out of, and which is synthesized by itself. */
function synthesizedRoot(scope: IConstruct): IConstruct {
  return Stage.of(scope) ?? scope.node.root;
}

function readIndex(root: IConstruct): NetworkIndex {
  const openRouteTables = new Set<string>();
  const endpointServices = new Map<string, string[]>();
  for (const construct of root.node.findAll()) {
    if (construct instanceof ec2.CfnRoute && construct.destinationCidrBlock === '0.0.0.0/0') {
      openRouteTables.add(construct.routeTableId);
    }
    if (construct instanceof ec2.CfnVPCEndpoint) {
      const services = endpointServices.get(construct.vpcId) ?? [];
      endpointServices.set(construct.vpcId, services);
      services.push(renderedText(construct, construct.serviceName ?? ''));
    }
  }
  return { openRouteTables, endpointServices };
}
