using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Coordinator.Tests.Reports;

public sealed class ChangesLogTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, 5, TimeSpan.Zero);

    private readonly TempFolder _folder = new();

    private string FilePath => _folder.In("changes.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_is_there_as_soon_as_it_is_appended_and_changes_read_back()
    {
        using var log = new ChangesLog(FilePath);
        Assert.False(File.Exists(FilePath));
        log.Append(Change(7, frozen: true));
        Assert.Equal("""{"kind":"changed","step":7,"at":"2026-05-01T12:00:00.005+00:00","who":"ana","group":"embedding","frozen":true}""" + "\n", File.ReadAllText(FilePath));
        log.Append(new ChangeRecord(ChangeKind.Paused, 9, Noon, "ana"));
        log.Append(Change(9, rate: 0.1));
        Assert.Equal([new PlanChange(7, "embedding", true, null, "ana", Noon), new PlanChange(9, "embedding", null, 0.1, "ana", Noon)], ChangesLog.Read(FilePath));
    }

    [Fact]
    public void Going_back_forgets_the_changes_of_later_steps_and_no_line()
    {
        using (var log = new ChangesLog(FilePath))
        {
            log.Append(Change(7, frozen: true));
            log.Append(Change(20, frozen: false));
        }

        File.AppendAllText(FilePath, "{\"kind\":\"chan"); // the process died
        Assert.Equal([7, 20], ChangesLog.Read(FilePath).Select(c => c.Step));
        using (var log = new ChangesLog(FilePath))
        {
            log.Append(new ChangeRecord(ChangeKind.WentBack, 10, Noon));
            log.Append(Change(15, frozen: false));
        }

        Assert.Equal([7, 15], ChangesLog.Read(FilePath).Select(c => c.Step));
        Assert.Equal(4, File.ReadAllLines(FilePath).Length);
    }

    [Fact]
    public void Going_back_to_a_step_keeps_the_changes_of_that_step()
    {
        using (var log = new ChangesLog(FilePath))
        {
            log.Append(Change(10, frozen: true));
            log.Append(Change(11, frozen: false));
            log.Append(new ChangeRecord(ChangeKind.WentBack, 10, Noon));
        }

        Assert.Equal([10], ChangesLog.Read(FilePath).Select(c => c.Step));
    }

    [Fact]
    public void A_line_that_is_none_of_the_logs_is_named()
    {
        File.WriteAllText(FilePath, "nonsense\n");
        Assert.Contains("changes.jsonl:1", Assert.Throws<InvalidInputException>(() => ChangesLog.Read(FilePath)).Message, StringComparison.Ordinal);
        Assert.Empty(ChangesLog.Read(_folder.In("none")));
    }

    [Fact]
    public void Mutated_logs_are_refused_with_their_line_and_cost_little()
    {
        using (var log = new ChangesLog(FilePath))
        {
            log.Append(Change(7, frozen: true));
            log.Append(new ChangeRecord(ChangeKind.WentBack, 10, Noon));
            log.Append(Change(15, rate: 0.5));
        }

        byte[] whole = File.ReadAllBytes(FilePath);
        byte[][] good = [whole, whole[..(Array.IndexOf(whole, (byte)'\n') + 1)], []];
        FuzzCount count = Fuzz.Run<InvalidInputException>(good, bytes => ChangesLog.Parse(System.Text.Encoding.UTF8.GetString(bytes), "log"));
        count.ExpectShares(taken: 0.01);
    }

    private static ChangeRecord Change(int step, bool? frozen = null, double? rate = null) =>
        new(ChangeKind.Changed, step, Noon, "ana") { Group = "embedding", Frozen = frozen, LearningRate = rate };
}
