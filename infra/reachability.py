"""What reaches what, computed from the templates alone; `infra.figure` draws it.

    ingest → s3 (443)         reads pages and their files, remembers what was set aside
    answer → search (443)     finds passages

A way is there when a rule lets it out and, where the other end is a group, a rule lets it in. Whatever a rule
names that is neither a group nor a gateway's prefix list is a way's end too, under its own name: 0.0.0.0/0.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Template = dict[str, Any]
_OUT, _IN = "AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"
_ENDS = ("CidrIp", "CidrIpv6", "DestinationPrefixListId", "SourcePrefixListId")
_NOWHERE = "255.255.255.255/32"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Way:
    """One end lets in what the other lets out. `ports`: 443, 80-90, or any."""

    caller: str
    service: str
    ports: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What the templates of a deployment let reach each other, and which names they let resolve."""

    ways: tuple[Way, ...]
    half_open: tuple[str, ...]  # rules whose other side does not answer
    names: tuple[str, ...]  # that resolve; `*` alone where nothing is blocked
    endpoints: dict[str, int]  # service -> zones; 0: a gateway

    @property
    def sinks(self) -> frozenset[str]:
        """Where ways end: what is reached and reaches nothing itself."""
        return frozenset(way.service for way in self.ways) - {way.caller for way in self.ways}


@dataclass(slots=True)
class _Rules:
    """What the groups allow, by (group, other end, ports) -> why."""

    out: dict[tuple[str, str, str], str] = field(default_factory=dict)
    into: dict[tuple[str, str, str], str] = field(default_factory=dict)


def read(folder: Path) -> dict[str, Template]:
    """Templates of a synth by stack name."""
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.template.json"))
    }


def reachability(templates: dict[str, Template], s3_prefix_list: str) -> Map:
    """The map of every stack's groups, endpoints and name lists together."""
    resources = list(_resources(templates))
    labels = _labels(templates, resources)
    if any(_is_gateway(kind, each) and _service(each) == "s3" for *_, kind, each in resources):
        labels[s3_prefix_list] = "s3"
    rules = _rules(templates, resources, labels)
    groups = set(labels.values()) - {"s3"}
    ways, half_open = [], []
    for (caller, service, ports), why in rules.out.items():
        if service in groups and (service, caller, ports) not in rules.into:
            half_open.append(f"{caller} may call {service}, which does not let it in")
        else:
            ways.append(Way(caller=caller, service=service, ports=ports, why=why))
    for (service, caller, ports), why in rules.into.items():
        if caller not in groups:
            ways.append(Way(caller=caller, service=service, ports=ports, why=why))
        elif (caller, service, ports) not in rules.out:
            half_open.append(f"{service} lets in {caller}, which may not call it")
    return Map(
        ways=tuple(sorted(ways)),
        half_open=tuple(sorted(half_open)),
        names=tuple(_names(resources)),
        endpoints=dict(_endpoints(resources)),
    )


def _resources(templates: dict[str, Template]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Stack, logical id, type and properties of everything."""
    for stack, template in templates.items():
        for name, resource in template["Resources"].items():
            yield stack, name, resource["Type"], resource.get("Properties", {})


def _target(templates: dict[str, Template], stack: str, value: Any) -> str:
    """stack/logical id that a reference leads to, across stacks; a plain string as it is."""
    if isinstance(value, str):
        return value
    kind, argument = next(iter(value.items()))
    if kind == "Fn::GetStackOutput":
        producer = argument["StackName"]
        output = templates[producer]["Outputs"][argument["OutputName"]]
        return _target(templates, producer, output["Value"])
    return f"{stack}/{argument if kind == 'Ref' else argument[0]}"


def _service(endpoint: dict[str, Any]) -> str:
    name = endpoint["ServiceName"]
    text = name if isinstance(name, str) else "".join(str(part) for part in name["Fn::Join"][1])
    return ".".join(text.replace("{'Ref': 'AWS::Region'}", "region").split(".")[3:])


def _labels(templates: dict[str, Template], resources: list[Any]) -> dict[str, str]:
    """Group -> what stands behind it: the endpoint that uses it, else the last word of its description."""
    labels = {
        f"{stack}/{name}": properties["GroupDescription"].split()[-1]
        for stack, name, kind, properties in resources
        if kind == "AWS::EC2::SecurityGroup"
    }
    for stack, _, kind, properties in resources:
        if kind == "AWS::EC2::VPCEndpoint":
            for group in properties.get("SecurityGroupIds", ()):
                labels[_target(templates, stack, group)] = _service(properties)
    return labels


def _endpoints(resources: list[Any]) -> Iterator[tuple[str, int]]:
    for _, _, kind, properties in resources:
        if kind == "AWS::EC2::VPCEndpoint":
            yield _service(properties), len(properties.get("SubnetIds", ()))


def _names(resources: list[Any]) -> list[str]:
    lists = {
        name: properties["Domains"]
        for _, name, kind, properties in resources
        if kind == "AWS::Route53Resolver::FirewallDomainList"
    }
    found: list[str] = []
    blocked = False
    for _, _, kind, properties in resources:
        if kind == "AWS::Route53Resolver::FirewallRuleGroup":
            for rule in properties["FirewallRules"]:
                names = lists[rule["FirewallDomainListId"]["Fn::GetAtt"][0]]
                found += names if rule["Action"] != "BLOCK" else []
                blocked = blocked or (rule["Action"] == "BLOCK" and names == ["*"])
    return sorted(found) if blocked else ["*"]


def _rules(templates: dict[str, Template], resources: list[Any], labels: dict[str, str]) -> _Rules:
    rules = _Rules()
    for stack, name, kind, properties in resources:
        for direction, rule in _each_rule(kind, properties):
            group = f"{stack}/{name}" if kind == "AWS::EC2::SecurityGroup" else ""
            group = group or _target(templates, stack, rule["GroupId"])
            other = next((rule[key] for key in rule if key in _ENDS or key.endswith("SecurityGroupId")), "*")
            end = _target(templates, stack, other)
            if end != _NOWHERE:
                known = rules.out if direction == _OUT else rules.into
                key = (labels.get(group, group), labels.get(end, end), _ports(rule))
                known[key] = rule.get("Description", "")
    return rules


def _is_gateway(kind: str, properties: dict[str, Any]) -> bool:
    return kind == "AWS::EC2::VPCEndpoint" and properties.get("VpcEndpointType") == "Gateway"


def _each_rule(kind: str, properties: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if kind in (_OUT, _IN):
        yield kind, properties
    if kind == "AWS::EC2::SecurityGroup":
        everything = [{"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}]  # what EC2 makes where no rule is given
        yield from ((_OUT, rule) for rule in properties.get("SecurityGroupEgress") or everything)
        yield from ((_IN, rule) for rule in properties.get("SecurityGroupIngress", ()))


def _ports(rule: dict[str, Any]) -> str:
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if rule["IpProtocol"] != "tcp" or first is None:
        return "any"
    return str(first) if first == last else f"{first}-{last}"
