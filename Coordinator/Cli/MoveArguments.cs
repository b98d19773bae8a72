using System.CommandLine;
using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What the user says about moving untouched words.</summary>
internal sealed class MoveArguments
{
    private const string Map = "map", Retrofit = "retrofit";
    private const int DefaultNeighbors = 10;
    private static readonly double[] s_strengths = [0.25, 0.5, 1];
    private static readonly double[] s_ridges = [0.01, 0.1, 1];

    private readonly Option<string?> _move = ChoiceOption.Create(
        "--move", "Moves untouched words that have a pretrained vector along with those that training moved, and measures it on dev: by an affine map fitted on these, or with the nearest of these.", [Map, Retrofit]);

    private readonly Option<string?> _strengths = new("--strengths") { Description = $"Shares of the way to try. Default: {Text(s_strengths)}.", HelpName = "A,B" };
    private readonly Option<string?> _ridges = new("--ridges") { Description = $"Ridges to fit the map with, in units of the spread of the vectors. Default: {Text(s_ridges)}.", HelpName = "A,B" };
    private readonly Option<int?> _neighbors = new("--neighbors") { Description = $"Moved words that an untouched one moves along with. Default: {DefaultNeighbors}.", HelpName = "K" };
    private readonly Option<string?> _output = new("--output") { Description = "The file for the vectors of all words, if a move is better on dev than none; evaluate and predict take it as --vectors.", HelpName = "FILE" };
    private readonly Option<string?> _format = ChoiceOption.Create("--format", "Format of the file. Default: word2vec-text.", VectorFormatNames.All);
    private readonly Option<bool> _force = new("--force") { Description = "Replaces a file that is there." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_move, _strengths, _ridges, _neighbors, _output, _format, _force])
            command.Options.Add(option);
    }

    /// <summary>What was asked for; null: to move nothing.</summary>
    /// <exception cref="InvalidInputException">A value is wrong, or an option means nothing beside the others.</exception>
    public MoveRequest? Of(ParseResult parsed)
    {
        string? move = parsed.GetValue(_move), output = parsed.GetValue(_output);
        var errors = new List<InputError>();
        foreach (Option option in (Option[])[_strengths, _ridges, _neighbors, _output, _format, _force])
        {
            if (parsed.GetResult(option) is not { Implicit: false })
                continue;
            if (move is null)
                errors.Add(new InputError(option.Name, "means nothing without --move.", $"Give --move {Map} or --move {Retrofit} too, or leave it out."));
            else if (option == (move == Map ? _neighbors : (Option)_ridges))
                errors.Add(new InputError(option.Name, $"means nothing for --move {move}.", $"Leave it out, or give --move {(move == Map ? Retrofit : Map)}."));
            else if (output is null && (option == _format || option == _force))
                errors.Add(new InputError(option.Name, "means nothing without --output.", "Name the file with --output, or leave it out."));
        }

        IReadOnlyList<double> strengths = Numbers(_strengths, parsed.GetValue(_strengths), s_strengths, errors), ridges = Numbers(_ridges, parsed.GetValue(_ridges), s_ridges, errors);
        int neighbors = parsed.GetValue(_neighbors) ?? DefaultNeighbors;
        if (neighbors < 1)
            errors.Add(new InputError("--neighbors", $"is {neighbors}.", "Give at least 1."));
        if (errors.Count > 0)
            throw new InvalidInputException(errors);
        return move is null ? null : new MoveRequest(
            move, strengths, move == Map ? ridges : [], neighbors, output is null ? null : OutputPath.File(output, parsed.GetValue(_force)),
            VectorFormatNames.Of(parsed.GetValue(_format) ?? VectorFormatNames.NameOf(VectorFormat.Word2VecText)));
    }

    private static IReadOnlyList<double> Numbers(Option option, string? text, double[] otherwise, List<InputError> errors)
    {
        if (text is null)
            return otherwise;
        var numbers = new List<double>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number) || number <= 0)
                errors.Add(new InputError(option.Name, $"has '{part}'.", $"Give numbers above 0 with commas between, such as {Text(otherwise)}."));
            else if (numbers.Contains(number))
                errors.Add(new InputError(option.Name, $"has {part} twice.", "Give each number once."));
            else
                numbers.Add(number);
        }

        return numbers;
    }

    private static string Text(IEnumerable<double> numbers) => string.Join(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)));
}

/// <summary>How untouched words are to be moved.</summary>
/// <param name="Kind"><c>map</c> or <c>retrofit</c>.</param>
/// <param name="Strengths">Shares of their displacement to try.</param>
/// <param name="Ridges">Ridges of the map to try; empty: along with neighbours.</param>
/// <param name="Neighbors">Neighbours to move along with.</param>
/// <param name="Output">The file for the vectors; null: none.</param>
/// <param name="Format">Its format.</param>
internal sealed record MoveRequest(string Kind, IReadOnlyList<double> Strengths, IReadOnlyList<double> Ridges, int Neighbors, string? Output, VectorFormat Format)
{
    /// <summary>The ways that are asked for, fitted on the rows that moved.</summary>
    public IReadOnlyList<MoveWay> WaysOf(MovedVectors moved) => Ridges.Count == 0
        ? [new MoveWay(null, new NeighborDisplacement(moved, Neighbors).Apply)]
        : [.. DisplacementMap.Fit(moved, Ridges).Zip(Ridges, (map, ridge) => new MoveWay(ridge, map.Apply))];
}
