using System.Net;
using DistEmbed.Coordinator.Grpc;

namespace DistEmbed.Coordinator.Tests.Grpc;

public sealed class RefusalQuotaTests
{
    [Fact]
    public void A_peer_and_kind_gets_a_line_a_minute_and_all_together_a_few()
    {
        var time = new Clock();
        var quota = new RefusalQuota(time);
        Assert.Equal(0, quota.Take(Peer(1), "call"));
        Assert.Null(quota.Take(Peer(1), "call"));
        Assert.Equal(1, quota.Take(Peer(1), "connection"));
        Assert.Equal(RefusalQuota.Most - 2, Enumerable.Range(2, 10_000).Count(peer => quota.Take(Peer(peer), "call") is not null));

        time.Seconds += 60;
        Assert.Equal(10_000 - RefusalQuota.Most + 2, quota.Take(Peer(1), "call"));
        Assert.Equal(0, quota.Take(Peer(2), "call"));
    }

    private static IPAddress Peer(int number) => new([10, 0, (byte)(number >> 8), (byte)number]);

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
