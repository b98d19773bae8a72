using System.Runtime.Serialization;
using Akka.Event;
using Akka.Remote;
using Akka.Remote.Transport;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.Serializers;
using DotNetty.Handlers.Tls;

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
    public void A_handshake_that_is_refused_is_told_once()
    {
        Assert.Null(LogLine.Of(new Error(Thrown(new NotSslRecordException("not an SSL/TLS record: 30")), "tcp", typeof(AssociatedEvent), "Error caught channel [a->b](Id=1)")));
        Assert.Null(LogLine.Of(new Error(null, "tcp", typeof(AssociatedEvent), "TLS handshake failed on channel [a->b](Id=1)\nTLS handshake failed (Server side):")));
        Assert.Equal("warning: Error caught channel reset", LogLine.Of(new Error(Thrown(new IOException("reset")), "tcp", typeof(AssociatedEvent), "Error caught channel"))?.Text);
        LogLine[] lines = [.. new[] { 1, 2 }.Select(port => LogLine.Of(new Warning("tcp", typeof(AssociatedEvent), $"Rejected incoming connection from [::ffff:10.0.0.9]:{port} due to TLS handshake failure."))!)];
        Assert.Equal("warning: Rejected incoming connection from [::ffff:10.0.0.9]:1 due to TLS handshake failure.", lines[0].Text);
        Assert.Equal(lines[0].Subject, lines[1].Subject); // only the port that it comes from differs
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

    [Fact]
    public void A_refusal_is_told_in_its_own_words_and_once_for_each_serializer()
    {
        LogLine first = LogLine.Of(Warning("it named X", new SerializationException("wrapped", new RefusedMessageException("akka-misc", "X is refused."))))!;
        LogLine second = LogLine.Of(Warning("it named Y", new RefusedMessageException("akka-misc", "Y is refused.")))!;
        LogLine other = LogLine.Of(Warning("it named Z", new RefusedMessageException("proto", "Z is refused.")))!;
        Assert.Equal("warning: X is refused.", first.Text);
        Assert.Equal(first.Subject, second.Subject);
        Assert.NotEqual(first.Subject, other.Subject);
    }

    [Fact]
    public void What_strangers_send_does_not_make_lines_of_its_own()
    {
        LogLine line = LogLine.Of(Warning("Error while resolving address [akka\nerror: all is lost]"))!;
        Assert.Equal("warning: Error while resolving address [akka error: all is lost]", line.Text);
        Assert.Equal(line.Subject, LogLine.Of(Warning("Error while resolving address [another]"))!.Subject);
        Assert.NotEqual(LogLine.Of(Warning("node 1 is away"))!.Subject, LogLine.Of(Warning("node 2 is away"))!.Subject);
        Assert.InRange(LogLine.Of(Warning(new string('x', 1 << 20)))!.Text.Length, 1000, 10_000);
    }

    private static Warning Warning(string text, Exception? cause = null) => new(cause, "source", typeof(LogLineTests), text);

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
