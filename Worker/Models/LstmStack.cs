using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Layers of LSTM cells, each of one or both directions; of a layer with both, the next reads the two outputs of a word side by side. Tables in the order of
/// layers, in each first the forward direction: <c>lstmL.forward.input</c> [4 hidden x inputs], <c>lstmL.forward.recurrent</c> [4 hidden x hidden],
/// <c>lstmL.forward.bias</c> [1 x 4 hidden], then <c>lstmL.backward.*</c>; gates i, f, g, o, one bias a gate. Tied directions have the forward tables alone.
/// Weights start uniform in ±1/sqrt(hidden), as those of PyTorch's LSTM.
/// </summary>
internal sealed class LstmStack
{
    private const int TablesOfDirection = 3;

    private readonly int _hidden;
    private readonly int _directions;
    private readonly bool _tied;
    private readonly LstmDirection[][] _layers;
    private readonly int[] _inputs;
    private readonly float[][] _outputs;
    private readonly float[][] _gradients;

    /// <summary>Creates the layers.</summary>
    /// <param name="inputs">Numbers that the first layer reads a word.</param>
    /// <param name="hidden">Units a layer and direction.</param>
    /// <param name="layers">Number of layers.</param>
    /// <param name="bidirectional">Whether sentences are read in both directions.</param>
    /// <param name="tied">Whether the directions of a layer share their weights.</param>
    public LstmStack(int inputs, int hidden, int layers, bool bidirectional, bool tied)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        (_hidden, _directions, _tied) = (hidden, bidirectional ? 2 : 1, tied);
        _inputs = [.. Enumerable.Range(0, layers).Select(layer => layer == 0 ? inputs : Width)];
        _layers = [.. _inputs.Select(read => Enumerable.Range(0, _directions).Select(d => new LstmDirection(read, hidden, fromEnd: d == 1)).ToArray())];
        _outputs = [.. _layers.Select(_ => Array.Empty<float>())];
        _gradients = [.. _layers.Select(_ => Array.Empty<float>())];
    }

    /// <summary>Numbers a word that the last layer gives: h of the forward direction, then of the backward one.</summary>
    public int Width => _directions * _hidden;

    /// <summary>Number of <see cref="Tables"/>.</summary>
    public int TableCount => _layers.Length * TablesOfLayer;

    /// <summary>The tables; the group of layer L is <c>lstmL</c>.</summary>
    public IEnumerable<TableSpec> Tables()
    {
        var start = new RowInit.Uniform(1 / MathF.Sqrt(_hidden));
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            string group = LstmSpec.GroupOf(layer + 1);
            for (int direction = 0; direction < TablesOfLayer / TablesOfDirection; direction++)
            {
                string name = $"{group}.{(direction == 0 ? "forward" : "backward")}";
                yield return new TableSpec($"{name}.input", group, 4 * _hidden, _inputs[layer], start, Dense: true);
                yield return new TableSpec($"{name}.recurrent", group, 4 * _hidden, _hidden, start, Dense: true);
                yield return new TableSpec($"{name}.bias", group, 1, 4 * _hidden, start, Dense: true);
            }
        }
    }

    private int TablesOfLayer => (_tied ? 1 : _directions) * TablesOfDirection;

    /// <summary>Reads sentences.</summary>
    /// <param name="steps">The sentences.</param>
    /// <param name="input">[rows x inputs].</param>
    /// <param name="values">A model's tables.</param>
    /// <param name="first">Which of them is the first of this.</param>
    /// <returns>What the last layer gives, [rows x <see cref="Width"/>]; may be longer, and is valid until the next call.</returns>
    public float[] Forward(SentenceSteps steps, float[] input, IReadOnlyList<float[]> values, int first)
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            Grow(ref _outputs[layer], steps.Rows * Width);
            for (int direction = 0; direction < _directions && steps.Rows > 0; direction++)
                _layers[layer][direction].Forward(steps, layer == 0 ? input : _outputs[layer - 1], Weights(values, TableOf(first, layer, direction)), _outputs[layer], direction * _hidden, Width);
        }

        return _outputs[^1];
    }

    /// <summary>Takes the gradient of what <see cref="Forward"/> gave last back to weights and inputs. Gradients of weights are overwritten.</summary>
    /// <param name="steps">The sentences of <see cref="Forward"/>.</param>
    /// <param name="input">Its input.</param>
    /// <param name="values">Its tables.</param>
    /// <param name="first">As there.</param>
    /// <param name="outputGradient">[rows x <see cref="Width"/>].</param>
    /// <param name="gradients">A model's tables' gradients; null where none is wanted.</param>
    /// <param name="inputGradient">Gradient of the input, which is added to; null: it is not wanted.</param>
    public void Backward(
        SentenceSteps steps, float[] input, IReadOnlyList<float[]> values, int first, float[] outputGradient, IReadOnlyList<float[]?> gradients, float[]? inputGradient)
    {
        for (int layer = _layers.Length - 1; layer >= 0; layer--)
        {
            int tables = first + (layer * TablesOfLayer);
            bool below = inputGradient is not null || Enumerable.Range(first, tables - first).Any(table => gradients[table] is not null);
            bool here = Enumerable.Range(tables, TablesOfLayer).Any(table => gradients[table] is not null);
            if (!here && !below)
                return;
            for (int table = tables; table < tables + TablesOfLayer; table++)
                gradients[table]?.AsSpan(0, SizeOf(layer, table - tables)).Clear();
            float[]? lower = !below ? null : layer == 0 ? inputGradient : Cleared(layer - 1, steps.Rows * Width);
            for (int direction = 0; direction < _directions && steps.Rows > 0; direction++)
            {
                int table = TableOf(first, layer, direction);
                _layers[layer][direction].Backward(
                    steps, layer == 0 ? input : _outputs[layer - 1], Weights(values, table), outputGradient, direction * _hidden, Width,
                    new LstmWeights<float[]?>(gradients[table], gradients[table + 1], gradients[table + 2]), lower);
            }

            outputGradient = lower ?? outputGradient;
        }
    }

    private int TableOf(int first, int layer, int direction) => first + (layer * TablesOfLayer) + (_tied ? 0 : direction * TablesOfDirection);

    private int SizeOf(int layer, int table) => 4 * _hidden * ((table % TablesOfDirection) switch { 0 => _inputs[layer], 1 => _hidden, _ => 1 });

    private float[] Cleared(int layer, int size)
    {
        Grow(ref _gradients[layer], size);
        _gradients[layer].AsSpan(0, size).Clear();
        return _gradients[layer];
    }

    private static LstmWeights<float[]> Weights(IReadOnlyList<float[]> values, int table) => new(values[table], values[table + 1], values[table + 2]);

    private static void Grow(ref float[] array, int size)
    {
        if (array.Length < size)
            array = new float[size];
    }
}
