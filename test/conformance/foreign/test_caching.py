"""AWS's caching client for Python: DescribeSecret, then GetSecretValue by the id of the version."""

from aws_secretsmanager_caching import InjectKeywordedSecretString, SecretCache, SecretCacheConfig


def test_a_cached_value_is_kept_and_refreshed(client, name):
    client.create_secret(Name=name, SecretString="one")
    cache = SecretCache(client=client)
    assert cache.get_secret_string(name) == "one"
    client.put_secret_value(SecretId=name, SecretString="two")
    assert cache.get_secret_string(name) == "one"
    assert SecretCache(client=client).get_secret_string(name) == "two"
    refreshing = SecretCache(client=client, config=SecretCacheConfig(secret_refresh_interval=0))
    assert refreshing.get_secret_string(name) == "two"
    client.put_secret_value(SecretId=name, SecretString="three")
    assert refreshing.get_secret_string(name) == "three"


def test_labels_bytes_and_decorators(client, name):
    client.create_secret(Name=name, SecretString='{"username":"app","password":"one"}')
    client.create_secret(Name=f"{name}/bytes", SecretBinary=b"\x00\xff")
    cache = SecretCache(client=client)
    assert cache.get_secret_binary(f"{name}/bytes") == b"\x00\xff"
    client.put_secret_value(SecretId=name, SecretString='{"username":"app","password":"two"}')
    assert "one" in cache.get_secret_string(name, version_stage="AWSPREVIOUS")

    @InjectKeywordedSecretString(secret_id=name, cache=cache, login="username", word="password")
    def connect(login, word):
        return login, word

    assert connect() == ("app", "two")
