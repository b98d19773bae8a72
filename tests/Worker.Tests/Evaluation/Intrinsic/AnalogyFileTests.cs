using DistEmbed.Protocol;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation.Intrinsic;
using DistEmbed.Worker.Tests.Corpus;

namespace DistEmbed.Worker.Tests.Evaluation.Intrinsic;

public sealed class AnalogyFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sections_hold_the_questions_that_follow_their_names()
    {
        AnalogyFile file = AnalogyFile.Read(_folder.Write("questions.txt", "good\tbetter\tbad\tworse\r\n\r\n: capitals of\r\nAthens Greece Rome Italy\r\n:family\r\n: gram1\r\nbig bigger  old older"));
        Assert.Equal("questions", file.Name);
        Assert.Equal([("questions", 1), ("capitals of", 1), ("family", 0), ("gram1", 1)], file.Sections.Select(s => (s.Name, s.Questions.Count)));
        Assert.Equal(
            [new("good", "better", "bad", "worse"), new("Athens", "Greece", "Rome", "Italy"), new AnalogyQuestion("big", "bigger", "old", "older")], file.Questions);
    }

    [Fact]
    public void Every_bad_line_is_told_with_its_place()
    {
        string path = _folder.Write("bad.txt", ": one\na b c\na b c d\na b c d e\n");
        InputError[] errors = [.. Assert.Throws<InvalidInputException>(() => AnalogyFile.Read(path)).Errors];
        Assert.Equal([$"{path}:2", $"{path}:4"], errors.Select(e => e.Where));
        Assert.Equal(["has 3 words where a question has four: 'a b c'.", "has 5 words where a question has four: 'a b c d e'."], errors.Select(e => e.What));
    }

    [Fact]
    public void A_file_of_names_alone_is_refused() =>
        Assert.Equal("has no questions.", Inspect.Error(() => AnalogyFile.Read(_folder.Write("none.txt", ": one\n: two\n"))).What);
}
