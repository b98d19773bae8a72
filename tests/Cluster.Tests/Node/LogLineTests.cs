using Akka.Event;
using Akka.Remote;
using Akka.Remote.Transport;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Cluster.Tests.Node;

public sealed class LogLineTests
{
    [Fact]
    public void A_connection_that_ends_is_one_line_without_a_stack()
    {
        Exception disassociated = Thrown(new InvalidAssociationException("Disassociated"));
        Assert.Equal("warning: Disassociated", LogLine.Of(new Error(disassociated, "akka.tcp://x", typeof(AssociatedEvent), "Disassociated"))?.Text);
        Assert.Equal(
            "warning: Association with akka.tcp://distembed@h:1 has failed. Reason: [Disassociated",
            LogLine.Of(new Warning("x", typeof(AssociatedEvent), "Association with akka.tcp://distembed@h:1 has failed. Reason: [Disassociated\n   at Akka.Remote.EndpointWriter.PublishAndThrow()]"))?.Text);
    }

    [Fact]
    public void An_error_of_ours_says_where_it_comes_from()
    {
        string? line = LogLine.Of(new Error(Thrown(new InvalidOperationException("half of it")), "shard-0", typeof(LogLineTests), "stopped"))?.Text;
        Assert.StartsWith("error: stopped System.InvalidOperationException: half of it", line, StringComparison.Ordinal);
        Assert.Contains(nameof(Thrown), line, StringComparison.Ordinal);
        Assert.Equal("warning: slow disk full", LogLine.Of(new Warning(new IOException("disk full"), "x", typeof(LogLineTests), "slow"))?.Text);
        Assert.Null(LogLine.Of(new Warning("x", typeof(LogLineTests), "Couldn't join seed nodes after [2] attempts")));
    }

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception caught) when (caught == exception)
        {
            return caught;
        }
    }
}
