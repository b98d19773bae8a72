using DistEmbed.Coordinator.Run;

namespace DistEmbed.Coordinator.Tests.Run;

public class RateWindowTests
{
    private readonly RateWindow _window = new();

    [Fact]
    public void Before_there_are_two_readings_the_rate_is_zero()
    {
        Assert.Equal(0, Rate(3));
        Add(3, 1000);
        Assert.Equal(0, Rate(3));
        Assert.Equal(0, Rate(4));
    }

    [Fact]
    public void The_rate_is_the_growth_since_the_first_reading_by_the_time_up_to_now()
    {
        Add(1, 1000);
        Add(2, 1100);
        Assert.Equal(100, Rate(2));
        Assert.Equal(25, Rate(5)); // nothing has come since
    }

    [Fact]
    public void Readings_close_to_one_another_count_too()
    {
        Add(0, 0);
        Add(1, 100);
        Add(1.05, 200);
        Assert.Equal(100, Rate(2));
    }

    [Fact]
    public void Only_the_last_five_seconds_count()
    {
        for (int second = 0; second <= 10; second++)
            Add(second, Math.Max(0, second - 5) * 100);
        Assert.Equal(100, Rate(10)); // nothing came in the first five
        Assert.Equal((500 - 200) / 5.0, Rate(12));
        Assert.Equal(0, Rate(100));
    }

    private void Add(double second, long total) => _window.Add(TimeSpan.FromSeconds(second), total);

    private double Rate(double second) => _window.Rate(TimeSpan.FromSeconds(second));
}
