using DistEmbed.Protocol.Messages;
using DistEmbed.Worker.Exchange;

namespace DistEmbed.Worker.Tests.Exchange;

public class PushWindowTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_slice_is_complete_with_its_last_acknowledgement_and_only_once()
    {
        var window = new PushWindow();
        window.Add(0, Push(1, 0, 0), At(0));
        window.Add(0, Push(1, 0, 1), At(0));
        window.Add(1, Push(1, 0, 0), At(0));
        window.Add(0, Push(1, 1, 0), At(0));
        Assert.Equal((4, 4L), (window.Outstanding, window.Sent));
        Assert.False(window.Acknowledge(new PushAcknowledged(0, 1, 0, 0)));
        Assert.False(window.Acknowledge(new PushAcknowledged(0, 1, 0, 0))); // a repeat does not count for another
        Assert.False(window.Acknowledge(new PushAcknowledged(1, 1, 0, 0)));
        Assert.False(window.Acknowledge(new PushAcknowledged(1, 1, 0, 1))); // never sent
        Assert.True(window.Acknowledge(new PushAcknowledged(0, 1, 0, 1)));
        Assert.False(window.Acknowledge(new PushAcknowledged(0, 1, 0, 1)));
        Assert.Equal(1, window.Outstanding);
        Assert.True(window.Acknowledge(new PushAcknowledged(0, 1, 1, 0)));
        Assert.Equal(0, window.Outstanding);
    }

    [Fact]
    public void What_is_overdue_is_sent_again_and_waits_anew()
    {
        var window = new PushWindow();
        PushRows early = Push(1, 0, 0), late = Push(1, 0, 1);
        window.Add(2, early, At(0));
        window.Add(3, late, At(10));
        Assert.Empty(window.TakeOverdue(At(29), Patience));
        Assert.Equal([(2, early)], window.TakeOverdue(At(30), Patience));
        Assert.Empty(window.TakeOverdue(At(31), Patience));
        Assert.Equal([(3, late)], window.TakeOverdue(At(40), Patience));
        window.Acknowledge(new PushAcknowledged(2, 1, 0, 0));
        Assert.Equal([(3, late)], window.TakeOverdue(At(100), Patience));
        Assert.Equal((1, 5L), (window.Outstanding, window.Sent));
        Assert.True(window.Acknowledge(new PushAcknowledged(3, 1, 0, 1)));
    }

    private static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);

    private static PushRows Push(int step, int slice, int block) => new("w", step, slice, block, 2, []);
}
