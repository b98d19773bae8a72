using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

public sealed class DependencyTests : IDisposable
{
    private const string TwoSentences = """
        # a comment
        1-2	don't	_	_	_	_	_	_	_	_
        1	Do	do	AUX	VBP	_	3	aux	_	_
        2	n't	not	PART	RB	_	3	advmod	_	_
        2.1	dropped	_	_	_	_	_	_	_	_
        3	stop	stop	VERB	VB	_	0	root	_	_

        1	Go	go	VERB	VB	_	0	root	_	_
        2	on	on	ADV	RP	_	1	advmod	_	_

        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PreparedData Prepare(string text, Func<DependencyData, DependencyData>? change = null)
    {
        _folder.Write("train.conllu", text);
        var spec = new DependencyData { Train = ["train.conllu"], DevFraction = 0, Root = _folder.Path };
        return DataPreparation.Prepare(change is null ? spec : change(spec), seed: 1);
    }

    private static string[] Trees(PreparedData data, ExampleSet examples) =>
    [
        .. Enumerable.Range(0, examples.Count).Select(i => string.Join(' ', Enumerable.Range(0, examples.Tokens(i).Length).Select(word =>
        {
            (int relation, int tag) = (HeadAnnotations.Relations(examples, i)[word], HeadAnnotations.Tags(examples, i)[word]);
            return $"{data.Vocabulary.Word(examples.Tokens(i)[word])}/{(tag < 0 ? "-" : data.Symbols[tag])}>{HeadAnnotations.Heads(examples, i)[word]}:{(relation < 0 ? "-" : data.Labels[relation])}";
        }))),
    ];

    [Theory]
    [InlineData(DependencyTags.None, "do/->3:aux n't/->3:advmod stop/->0:root", 0)]
    [InlineData(DependencyTags.Coarse, "do/AUX>3:aux n't/PART>3:advmod stop/VERB>0:root", 4)]
    [InlineData(DependencyTags.Fine, "do/VBP>3:aux n't/RB>3:advmod stop/VB>0:root", 4)]
    public void Conll_U_is_read_with_the_tags_that_are_asked_for(DependencyTags tags, string first, int symbols)
    {
        PreparedData data = Prepare(TwoSentences, spec => spec with { Tags = tags });
        Assert.Equal(["advmod", "aux", "root"], data.Labels);
        Assert.Equal(symbols, data.Symbols.Count);
        Assert.Equal(first, Trees(data, data.Train)[0]);
        Assert.Equal(2, data.Train.Count);
    }

    [Fact]
    public void Parallel_files_are_read_and_what_the_parser_cannot_learn_is_left_out()
    {
        void Write(string name, string tokens, string parents, string relations)
        {
            _folder.Write($"{name}.toks", tokens);
            _folder.Write($"{name}.parents", parents);
            _folder.Write($"{name}.rels", relations);
        }

        Write("a", "go on\nw x y z\n", "0 1\n3 4 0 3\n", "root adv\na b root c\n"); // the second crosses
        Write("b", "A b\n\n", "2 0\n\n", "dep root\n\n");
        Write("dev", "w x y z\n", "3 4 0 3\n", "a b root zzz\n");
        PreparedData data = DataPreparation.Prepare(
            new DependencyData { Root = _folder.Path, Layout = DependencyLayout.Parallel, Train = ["a", "b"], Dev = ["dev"], EmptyText = EmptyText.Keep }, seed: 1);
        Assert.Equal(["go/->0:root on/->1:adv", "a/->2:dep b/->0:root"], Trees(data, data.Train));
        Assert.Equal(["w/->3:a x/->4:b y/->0:root z/->3:-"], Trees(data, data.Dev!)); // the sentence that is left out has its words
        Assert.Contains(data.Notes, note => note.StartsWith("train: 2 sentences, 4 tokens; 2 more are left out", StringComparison.Ordinal));
        Assert.Contains("1 tokens of dev and test have a relation that training does not: it counts as missed", data.Notes);

        InputError Error(string parents)
        {
            Write("bad", "w x\nw x\n", parents, "a b\na b\n");
            return Inspect.Error(() => DataPreparation.Prepare(new DependencyData { Root = _folder.Path, Layout = DependencyLayout.Parallel, Train = ["bad"], DevFraction = 0 }, seed: 1));
        }

        Assert.Equal((_folder.In("bad.parents") + ":2", "The line has 1 entries for 2 words."), (Error("0 1\n0\n").Where, Error("0 1\n0\n").What));
        Assert.Contains("ends before line 2", Error("0 1\n").What);
        Assert.Contains("no tree", Error("0 1\n2 1\n").What);
    }

    [Theory]
    [InlineData("1\tgo\t_\t_\t_\t_\t0\n", ":1", "7 columns")]
    [InlineData("1\t\t_\tV\tV\t_\t0\troot\n", ":1", "Column 2, that of the word, is empty")]
    [InlineData("1\tgo\t_\tV\tV\t_\t2\troot\n", ":1", "'2' is no head of word 1 of 1")]
    [InlineData("1\tgo\t_\tV\tV\t_\t0\troot\n2\ton\t_\tV\tV\t_\tx\tadv\n", ":2", "'x' is no head")]
    [InlineData("1\tgo\t_\tV\tV\t_\t0\troot\n3\ton\t_\tV\tV\t_\t1\tadv\n", ":2", "number '3', but it is word 2")]
    [InlineData("\n1\tgo\t_\tV\tV\t_\t2\ta\n2\ton\t_\tV\tV\t_\t1\tb\n", ":2", "no tree")]
    public void A_garbled_line_is_named(string text, string line, string what)
    {
        InputError error = Inspect.Error(() => Prepare(text));
        Assert.Equal(_folder.In("train.conllu") + line, error.Where);
        Assert.Contains(what, error.What);
    }

    [Fact]
    public void A_sentence_that_is_cut_has_no_tree_any_more()
    {
        PreparedData data = Prepare(TwoSentences, spec => spec with { MaxTokens = 2 });
        Assert.Equal(["go/->0:root on/->1:advmod"], Trees(data, data.Train));
    }
}
