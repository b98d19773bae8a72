using System.Net;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Cluster.Tests.Node;

public sealed class HostAddressTests
{
    [Theory]
    [InlineData("192.0.2.1")] // for documentation: no machine has it
    [InlineData("2001:db8::1")]
    public async Task An_address_of_another_machine_is_refused_before_anything_listens(string host)
    {
        InputError error = Assert.Single((await Assert.ThrowsAsync<InvalidInputException>(() => HostAddress.RequireOwnAsync(host))).Errors);
        Assert.Equal(
            $"--host: {host} is no address of this machine. Give one that it has, or listen on 0.0.0.0 and name the other with --public-host.", error.ToString());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("localhost")]
    public Task An_address_of_this_machine_is_taken(string host) => HostAddress.RequireOwnAsync(host);

    [Fact]
    public async Task Names_are_looked_up()
    {
        Assert.Equal(IPAddress.Loopback, await HostAddress.OfAsync("localhost"));
        Assert.Contains("'no.such.name.invalid' has no address", (await Assert.ThrowsAsync<InvalidInputException>(
            () => HostAddress.OfAsync("no.such.name.invalid"))).Message, StringComparison.Ordinal);
    }
}
