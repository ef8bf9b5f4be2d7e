"""The migration handbook: pages whose every claim is a snippet or a probe that ran."""
