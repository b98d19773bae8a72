using DistEmbed.Coordinator.Run;

namespace DistEmbed.Coordinator.Tests.Run;

public class StragglerBoundTests
{
    private readonly StragglerBound _bound = new();

    [Fact]
    public void Before_eight_pieces_are_known_the_bound_is_half_a_minute()
    {
        Assert.Equal(30, _bound.Value.TotalSeconds);
        Note(7, seconds: 1);
        Assert.Equal(30, _bound.Value.TotalSeconds);
        Note(1, seconds: 1);
        Assert.Equal(StragglerBound.Multiple, _bound.Value.TotalSeconds);
    }

    [Fact]
    public void The_bound_is_a_multiple_of_the_median_so_that_single_long_pieces_do_not_count()
    {
        Note(4, seconds: 1000);
        Note(5, seconds: 3);
        Assert.Equal(3 * StragglerBound.Multiple, _bound.Value.TotalSeconds);
    }

    [Fact]
    public void The_bound_of_short_pieces_is_two_seconds()
    {
        Note(20, seconds: 0.001);
        Assert.Equal(2, _bound.Value.TotalSeconds);
    }

    [Fact]
    public void Only_the_last_64_pieces_count()
    {
        // Of an even number of pieces the median is the greater one of the middle.
        Note(33, seconds: 1);
        Note(31, seconds: 10);
        Assert.Equal(StragglerBound.Multiple, _bound.Value.TotalSeconds);
        Note(1, seconds: 10); // 32 of each: the first piece is forgotten
        Assert.Equal(10 * StragglerBound.Multiple, _bound.Value.TotalSeconds);
        Note(32, seconds: 1); // and now those of a second again
        Assert.Equal(10 * StragglerBound.Multiple, _bound.Value.TotalSeconds);
        Note(1, seconds: 1);
        Assert.Equal(StragglerBound.Multiple, _bound.Value.TotalSeconds);
    }

    private void Note(int count, double seconds)
    {
        for (int i = 0; i < count; i++)
            _bound.Note(TimeSpan.FromSeconds(seconds));
    }
}
