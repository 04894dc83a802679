"""Roles and policies."""

import json

from support.names import unique


def document(*statements):
    """A policy document. A statement is `(actions, resources)` or a whole one."""
    whole = [
        statement if isinstance(statement, dict)
        else {"Effect": "Allow", "Action": statement[0], "Resource": statement[1]}
        for statement in statements
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": whole})


def trust(service):
    """A trust policy for a service's principal."""
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return document(statement)


def role(server, service, *statements):
    """A new role that the service may take, with those permissions; answers its ARN."""
    iam = server.client("iam")
    name = unique(f"{service}-role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    return made["Role"]["Arn"]


def user(server, *statements):
    """A new user with those permissions; answers its name and a boto3 session with a key of it."""
    iam = server.client("iam")
    name = unique("user")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return name, server.session(key["AccessKeyId"], key["SecretAccessKey"])
