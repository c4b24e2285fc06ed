"""A store of somebody else's (moto, which judges signatures as botocore makes them) with a bucket that can lock.

python s3.py PORT FOLDER: writes `access` and `secret` there, says ready, and then answers each line of its input with
all versions of all objects, as boto3 reads them.
"""

import hashlib
import json
import sys
import urllib.request
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

port, folder = int(sys.argv[1]), Path(sys.argv[2])
ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False).start()
endpoint = f"http://127.0.0.1:{port}"


def client(service, **keys):
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", **keys)


nobody = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}
iam = client("iam", **nobody)
iam.create_user(UserName="archive")
rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="archive", PolicyName="store", PolicyDocument=json.dumps(rights))
made = iam.create_access_key(UserName="archive")["AccessKey"]
keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
s3 = client("s3", **nobody)
s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
s3.create_bucket(Bucket="plain")
(folder / "access").write_text(keys["aws_access_key_id"] + "\n")
(folder / "secret").write_text(keys["aws_secret_access_key"] + "\n")
# From here on every signature is checked.
plain = {"Content-Type": "text/plain"}
urllib.request.urlopen(urllib.request.Request(endpoint + "/moto-api/reset-auth", data=b"0", headers=plain)).read()
print("ready", flush=True)

s3 = client("s3", **keys)
for _ in sys.stdin:
    found = []
    for bucket in ("locked", "plain"):
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            one = {"Bucket": bucket, "Key": version["Key"]}
            if bucket == "locked":
                one["VersionId"] = version["VersionId"]
            head = s3.head_object(**one)
            body = s3.get_object(**one)["Body"].read()
            until = head.get("ObjectLockRetainUntilDate")
            found.append(
                {
                    "bucket": bucket,
                    "key": version["Key"],
                    "bytes": len(body),
                    "sha256": hashlib.sha256(body).hexdigest(),
                    "meta": head["Metadata"],
                    "mode": head.get("ObjectLockMode"),
                    "until": until and until.timestamp() * 1000,
                }
            )
    print(json.dumps(found), flush=True)
