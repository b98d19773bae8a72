using System.Text;
using System.Text.Json;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Jobs;

public class RowSelectorTests
{
    private static readonly WordVocabulary s_words = new(["the", "of", "good", "bad", "42"], [100, 50, 10, 10, 1]);

    private static readonly TableSpec[] Tables =
    [
        new("embedding", "embedding", 7, 300, new RowInit.Zero(), Dense: false) { PaddingRow = 0 },
        new("output.weight", "output", 6, 200, new RowInit.Zero(), Dense: true),
    ];

    [Theory]
    [InlineData("""{"pretrained":true}""", "the good")]
    [InlineData("""{"pretrained":false}""", "<unk> of bad 42")]
    [InlineData("""{"fromRank":2,"toRank":3}""", "of good")]
    [InlineData("""{"toRank":1}""", "the")]
    [InlineData("""{"fromCount":10,"toCount":50}""", "of good bad")]
    [InlineData("""{"toCount":0}""", "")]
    [InlineData("""{"words":["bad","nowhere","<unk>","<pad>"]}""", "bad")]
    [InlineData("""{"pattern":"^[0-9]+$"}""", "42")]
    [InlineData("""{"pattern":"."}""", "the of good bad 42")]
    [InlineData("""{"pretrained":true,"fromRank":2}""", "good")]
    [InlineData("""{"pretrained":false,"toRank":9}""", "of bad 42")]
    public void A_selector_meets_these_words(string rows, string met)
    {
        RowClasses classes = RowSelectors.Resolve(Job($$"""[{"group":"embedding","rows":{{rows}},"state":"frozen"}]"""), s_words, row => s_words.Word(row) is "the" or "good")!;
        Assert.Equal(met, string.Join(' ', Enumerable.Range(0, s_words.Rows).Where(row => classes.Meets(classes.Of(row), 0)).Select(s_words.Word)));
    }

    [Fact]
    public void A_file_of_words_is_read_as_text_of_lines_and_anything_else_is_refused_by_name()
    {
        using var folder = new TempFolder();
        string path = folder.Write("words.txt", "good \r\n\n\tbad\n");
        JobSpec job = Job($$"""[{"group":"embedding","rows":{"file":{{JsonSerializer.Serialize(path)}}},"state":"frozen"}]""");
        RowClasses classes = RowSelectors.Resolve(job, s_words, _ => false)!;
        Assert.Equal([4, 5], Enumerable.Range(0, s_words.Rows).Where(row => classes.Meets(classes.Of(row), 0)));
        foreach ((byte[] content, string what) in ((byte[], string)[])[
            (Gzip.Of("good\nbad\n"u8), "The file is a gzip file."), ([.. "PK"u8, 3, 4], "The file is a zip archive."),
            (Encoding.Unicode.GetBytes("good\nbad\n"), "The file is utf-16 text without a byte order mark.")])
        {
            folder.Write("words.txt", content);
            string message = Assert.Throws<InvalidInputException>(() => RowSelectors.CheckFiles(job)).Message;
            Assert.StartsWith($"{path}: {what}", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Words_that_rules_name_and_nobody_knows_are_told() => Assert.Equal(
        ["goood", "worse"], RowSelectors.Unknown(Job("""[{"group":"embedding","rows":{"words":["goood","bad","worse","goood"]}}]"""), s_words));

    [Fact]
    public void The_last_rule_about_a_row_decides()
    {
        JobSpec job = Job("""
            [{"group":"embedding","state":"frozen"},
             {"group":"embedding","rows":{"toRank":3},"factor":0.5},
             {"group":"embedding","rows":{"words":["of"]},"state":"capped","radius":0.25},
             {"group":"embedding","rows":{"pretrained":true},"state":"anchored","strength":0.1}]
            """);
        RowClasses classes = RowSelectors.Resolve(job, s_words, row => s_words.Word(row) is "the")!;
        FreezePlan plan = FreezePlan.Resolve(job, 10, 80);
        TablePlan table = TablePlan.Of(job, Tables, plan, classes)[0];
        string Of(string word) => table.TimelineOf(s_words.RowOf(word)) is var timeline && timeline.IsFrozen(1) ? "frozen"
            : FormattableString.Invariant($"{timeline.LearningRate(1) / table.Optimizer.LearningRate} {timeline.Radius(1)} {timeline.Pull(1) / table.Optimizer.LearningRate:0.##}");
        Assert.Equal(("1  0.1", "1 0.25 0", "0.5  0", "frozen", "frozen"), (Of("the"), Of("of"), Of("good"), Of("bad"), Of("42")));
        Assert.True(table.IsMixed(1));
        Assert.Equal(
            [
                "steps epochs tuned frozen rows parameters warm-up",
                "1-80 1-8 embedding (rank 1-3: 1 rows) x0.5, embedding ('of': 1 rows) within 0.25, embedding (pretrained: 1 rows) anchored 0.1, conv3, output embedding (all others: 3 rows) 9 2,100 -",
            ],
            PhaseTable.Of(plan, Tables, classes).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Replace("phase ", "", StringComparison.Ordinal).Replace("1 1-80", "1-80", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_change_by_hand_frees_only_what_some_phase_tunes_and_holds_it_as_that_phase_does()
    {
        JobSpec job = JobTexts.CnnWith(
            """phases=[{"rules":[{"group":"embedding","state":"frozen"}],"until":{"step":20}},{"rules":[{"group":"embedding","state":"capped","radius":0.5},{"group":"embedding","rows":{"pretrained":true},"state":"frozen"}]}]""",
            "model.windows=[3]", "training.epochs=8");
        RowClasses classes = RowSelectors.Resolve(job, s_words, row => s_words.Word(row) is "the")!;
        TablePlan table = TablePlan.Of(job, Tables, FreezePlan.Resolve(job, 10, 80), classes)[0];
        TablePlan.Make([table], new PlanChange(5, "embedding", false, null, "ana", DateTimeOffset.UnixEpoch));
        GroupTimeline the = table.TimelineOf(s_words.RowOf("the")), of = table.TimelineOf(s_words.RowOf("of"));
        Assert.Equal((true, true, false, true), (the.IsFrozen(5), the.IsFrozen(79), of.IsFrozen(5), of.IsFrozen(4)));
        Assert.Equal((null, 0.5, 0.5), (of.Radius(4), of.Radius(5), of.Radius(30)));
        Assert.False(of.NarrowsLater);
    }

    [Fact]
    public void Where_every_word_meets_a_selector_the_padding_row_decides_nothing()
    {
        JobSpec job = Job("""[{"group":"embedding","rows":{"pretrained":true},"state":"frozen"},{"group":"embedding","rows":{"pretrained":false},"factor":0.5}]""");
        TablePlan mixed = Plan(job), frozen = Plan(Job("""[{"group":"embedding","rows":{"pretrained":true},"state":"frozen"},{"group":"embedding","rows":{"pretrained":false},"state":"frozen"}]"""));
        Assert.Equal((true, false, 2, 0.5), (mixed.IsMixed(1), mixed.IsFrozen(1), mixed.Timelines.Count, mixed.Timelines.Max(t => t.LearningRate(1)) / mixed.Optimizer.LearningRate));
        Assert.Equal((false, true, false), (frozen.IsMixed(1), frozen.IsFrozen(1), frozen.IsChangeable));
        Assert.Equal([1, 5], mixed.Timelines.Select((_, i) => mixed.Rows!.RowsOf(i)).Order());

        static TablePlan Plan(JobSpec job) =>
            TablePlan.Of(job, Tables, FreezePlan.Resolve(job, 10, 80), RowSelectors.Resolve(job, s_words, row => s_words.Word(row) is "the"))[0];
    }

    [Theory]
    [InlineData("""{"group":"output","rows":{"toRank":3}}""", "rules.0.rows", "names words, but the rows of group `output` are none.")]
    [InlineData("""{"group":"embedding","rows":{}}""", "rules.0.rows", "names no rows.")]
    [InlineData("""{"group":"embedding","rows":{"fromRank":0}}""", "rules.0.rows.fromRank", "must be at least 1")]
    [InlineData("""{"group":"embedding","rows":{"fromRank":9,"toRank":3}}""", "rules.0.rows.toRank", "must be at least 9")]
    [InlineData("""{"group":"embedding","rows":{"fromCount":9,"toCount":3}}""", "rules.0.rows.toCount", "must be at least 9")]
    [InlineData("""{"group":"embedding","rows":{"words":[" "]}}""", "rules.0.rows.words.0", "is blank")]
    [InlineData("""{"group":"embedding","rows":{"pattern":"a("}}""", "rules.0.rows.pattern", "is no expression that can be used")]
    [InlineData("""{"group":"embedding","rows":{"pattern":"(a)\\1"}}""", "rules.0.rows.pattern", "is no expression that can be used")]
    [InlineData("""{"group":"embedding","rows":{"rank":3}}""", "rules.0.rows.rank", "")]
    [InlineData("""{"group":"embedding","state":"anchored"}""", "rules.0.strength", "is required with state anchored.")]
    [InlineData("""{"group":"embedding","state":"capped","radius":0}""", "rules.0.radius", "must be above 0")]
    [InlineData("""{"group":"embedding","radius":1}""", "rules.0.radius", "means nothing without state capped.")]
    public void What_makes_no_sense_is_refused(string rule, string where, string what)
    {
        IReadOnlyList<InputError> errors = JobTexts.Errors(JobTexts.Cnn, $"phases=[{{\"rules\":[{rule}]}}]");
        Assert.Contains(errors, e => e.Where.EndsWith(where, StringComparison.Ordinal) && e.What.Contains(what, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""optimizers={"default":{"kind":"sgd","momentum":0.9,"untouched":"exact"}}""", "momentum")]
    [InlineData("""optimizers={"default":{"kind":"adagrad","decay":0.1,"untouched":"exact"}}""", "decay")]
    public void Rows_that_untouched_steps_move_cannot_be_held(string optimizer, string cause)
    {
        IReadOnlyList<InputError> errors = JobTexts.Errors(JobTexts.Cnn, optimizer, """phases=[{"rules":[{"group":"embedding","state":"capped","radius":1}]}]""");
        Assert.Contains(errors, e => e.Where.EndsWith("phases.0.rules.0", StringComparison.Ordinal) && e.What.Contains($"untouched exact and {cause}", StringComparison.Ordinal));
    }

    [Fact]
    public void Recipes_about_rows_are_these_phases()
    {
        Assert.Equal(
            [
                "frequent  1-20  embedding (rank 1-2: 2 rows), conv3, output  embedding (all others: 4 rows)",
                "all       21-80  embedding, conv3, output  -",
            ],
            Lines("""{"kind":"frequent-first","words":2}"""));
        Assert.Equal(["oov-only  1-80  embedding (all others: 5 rows), conv3, output  embedding (pretrained: 1 rows)"], Lines("""{"kind":"oov-only"}"""));
        Assert.Equal(["anchored  1-80  embedding anchored 0.2, conv3, output  -"], Lines("""{"kind":"anchored","strength":0.2}"""));

        static string[] Lines(string recipe)
        {
            JobSpec job = JobTexts.CnnWith($"recipe={recipe}", "model.windows=[3]", "training.epochs=8");
            RowClasses? classes = RowSelectors.Resolve(job, s_words, row => s_words.Word(row) is "the");
            FreezePlan plan = FreezePlan.Resolve(job, 10, 80);
            int[] starts = plan.Times.Starts([]);
            return [.. plan.Phases.Select((phase, i) =>
            {
                PlannedRows[] rows = [.. plan.Groups.SelectMany(group => PlannedRows.Of(plan, i, group, classes))];
                string frozen = string.Join(", ", rows.Where(r => r.Rule.Frozen).Select(r => r.Name));
                int last = i + 1 < starts.Length ? starts[i + 1] - 1 : 80;
                return $"{phase.Name,-8}  {starts[i]}-{last}  {string.Join(", ", rows.Where(r => !r.Rule.Frozen).Select(r => r.InWords))}  {(frozen.Length > 0 ? frozen : "-")}";
            })];
        }
    }

    private static JobSpec Job(string rules) => JobTexts.CnnWith($"phases=[{{\"rules\":{rules}}}]", "model.windows=[3]", "training.epochs=8");
}
